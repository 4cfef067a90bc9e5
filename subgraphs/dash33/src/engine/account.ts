import { NONE } from '../book/index.ts'

/** An account by its names; the core knows it by its number. */
export class Account {
  /** Position in order of opening. */
  readonly index: number
  readonly id: string
  readonly userId: string
  /** Of its closed orders that are still remembered: how many, and the records of the first and the last to close. */
  closed = 0
  oldestClosed = NONE
  newestClosed = NONE

  constructor(index: number, id: string, userId: string) {
    this.index = index
    this.id = id
    this.userId = userId
  }
}
