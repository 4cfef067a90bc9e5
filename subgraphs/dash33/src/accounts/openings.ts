import type { OpenAccount } from '../engine/commands.ts'
import { accountIdOf } from './account.ts'

/** Which accounts the engine is known to have opened; another one is opened in the same breath as its first command. */
export class Openings {
  readonly #opened = new Set<string>()

  /** @returns the command that must precede the first one of this user; opening twice is harmless. */
  before(userId: string): OpenAccount[] {
    const accountId = accountIdOf(userId)
    return this.#opened.has(accountId) ? [] : [{ kind: 'OPEN_ACCOUNT', accountId, userId }]
  }

  /** Call with what the engine has told: bounded by the engine's own limit of accounts. */
  opened(accountId: string): void {
    this.#opened.add(accountId)
  }
}
