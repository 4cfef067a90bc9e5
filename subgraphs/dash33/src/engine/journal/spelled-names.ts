import { NONE } from '../../book/index.ts'
import type { Account } from '../account.ts'
import type { EngineState } from '../state.ts'

/** The names that a speller has numbered, and what an engine knows by them. */
export class SpelledNames {
  readonly names: string[]
  private state: EngineState | null = null
  private accounts: (Account | undefined)[] = []
  /** Numbers of markets. */
  private markets: number[] = []

  constructor(names: string[] = []) {
    this.names = names
  }

  account(state: EngineState, name: number): Account | undefined {
    this.use(state)
    const known = this.accounts[name]
    if (known !== undefined) return known
    const account = state.accounts.get(this.names[name]!)
    while (this.accounts.length <= name) this.accounts.push(undefined)
    this.accounts[name] = account
    return account
  }

  /** The account's number, NONE where there is none yet. */
  accountIndex(state: EngineState, name: number): number {
    return this.account(state, name)?.index ?? NONE
  }

  /** @returns NONE where there is no such market */
  market(state: EngineState, name: number): number {
    this.use(state)
    while (this.markets.length <= name) {
      this.markets.push(state.markets.get(this.names[this.markets.length]!)?.index ?? NONE)
    }
    return this.markets[name]!
  }

  private use(state: EngineState): void {
    if (this.state === state) return
    this.state = state
    this.accounts = []
    this.markets = []
  }
}
