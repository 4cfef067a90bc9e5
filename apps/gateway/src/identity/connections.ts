import { limits } from '../limits/limits.ts'

/** How many connections each user holds open: sockets, and subscriptions over HTTP. Whoever is unknown is not counted. */
export class Connections {
  readonly #byUser = new Map<string, number>()

  /** @returns false where the user has too many already; else `release` must follow. */
  take(userId: string | undefined): boolean {
    if (userId === undefined) return true
    const count = this.#byUser.get(userId) ?? 0
    if (count >= limits.socketsPerUser) return false
    this.#byUser.set(userId, count + 1)
    return true
  }

  release(userId: string | undefined): void {
    if (userId === undefined) return
    const count = this.#byUser.get(userId) ?? 0
    if (count > 1) this.#byUser.set(userId, count - 1)
    else this.#byUser.delete(userId)
  }
}
