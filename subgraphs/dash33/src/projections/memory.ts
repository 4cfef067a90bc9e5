import { AccountNumbers } from '../accounts/account-numbers.ts'
import { PositionMemory } from '../portfolio/position-memory.ts'

/** What a writer remembers of tables that nobody else writes, until one of its transactions fails or somebody else has written. */
export class WriterMemory {
  readonly numbers = new AccountNumbers()
  readonly positions = new PositionMemory()

  forget(): void {
    this.numbers.forget()
    this.positions.forget()
  }
}
