import type { Ack } from '../acks.ts'
import type { Command } from '../commands.ts'

interface Late {
  readonly key: string
  readonly acks: readonly Ack[]
}

/**
 * A market's status has no key of its own: sent again after OUTCOME_UNKNOWN, a recording's pass would be counted twice. What the journal
 * turns out to hold after all is remembered until the market's next status command: if that is the same one, this is its answer.
 * Without a recording it is simply set once more: an auction may have begun since.
 */
export class LateAnswers {
  readonly #unknown = new Map<number, { readonly symbol: string; readonly key: string }>()
  readonly #found = new Map<string, Late>()

  /** The submission was answered OUTCOME_UNKNOWN. */
  unknown(id: number, commands: readonly Command[]): void {
    const [command] = commands
    if (commands.length !== 1 || command?.kind !== 'SET_MARKET_STATUS' || !command.recording) return
    this.#unknown.set(id, { symbol: command.symbol, key: JSON.stringify(command) })
  }

  /** The journal holds a submission that nobody waits for any more. */
  found(id: number, acks: readonly Ack[]): void {
    const unknown = this.#unknown.get(id)
    if (unknown) this.#found.set(unknown.symbol, { key: unknown.key, acks })
  }

  /** The journal has been read: what was not found in it did not happen. */
  settled(): void {
    this.#unknown.clear()
  }

  /** @returns the answer to what is sent again; null where it is something new. */
  take(commands: readonly Command[]): readonly Ack[] | null {
    if (this.#found.size === 0) return null
    for (const command of commands) {
      if (command.kind !== 'SET_MARKET_STATUS') continue
      const late = this.#found.get(command.symbol)
      this.#found.delete(command.symbol)
      if (late && commands.length === 1 && late.key === JSON.stringify(command)) return late.acks
    }
    return null
  }
}
