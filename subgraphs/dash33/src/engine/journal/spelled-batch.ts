import { NONE } from '../../book/index.ts'
import type { Account } from '../account.ts'
import type { CancelOrder, Command, PlaceOrder } from '../commands.ts'
import { Draft } from '../core/draft.ts'
import type { CommandSource } from '../engine.ts'
import { type Answer, cancelSilently, placeSilently } from '../order-commands.ts'
import type { EngineState } from '../state.ts'
import { END, OTHER, SPELLED_PLACE, type SpelledBatches } from './speller.ts'
import { type ReadNumbers, type TermCells, termsIn, writeDraft } from './terms-codec.ts'

/** Of the one order that is read at a time. */
const DRAFT = new Draft()
const ASKED: ReadNumbers & { readonly clientOrderId: null } = {
  clientOrderId: null,
  quantity: 0,
  price: null,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  expiresAt: null,
}
const ORDERS = [ASKED]

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

/** One batch as it was spelled. */
export interface Spelled extends SpelledBatches {
  readonly start: number
  readonly names: SpelledNames
}

/** The commands of a batch, for an engine that nobody listens to. */
export class SpelledBatch implements CommandSource, TermCells {
  at: number
  readonly cells: Float64Array
  private readonly payload: Uint8Array
  private readonly names: SpelledNames
  private readonly others: readonly Command[]

  /** @param payload the batch itself, where client order ids are spelled */
  constructor(payload: Uint8Array, { cells, others, start, names }: Spelled) {
    this.payload = payload
    this.cells = cells
    this.at = start
    this.names = names
    this.others = others
  }

  next(): boolean {
    return this.cells[this.at] !== END
  }

  carryOut(state: EngineState): Answer | null {
    const begun = this.at
    const kind = this.take()
    const answer = kind === OTHER ? null : kind === SPELLED_PLACE ? this.place(state) : this.cancel(state)
    if (answer === null) this.at = begun
    return answer
  }

  read(): Command {
    const kind = this.take()
    if (kind === OTHER) return this.others[this.take()]!
    return kind === SPELLED_PLACE ? this.readPlace() : this.readCancel()
  }

  private place(state: EngineState): Answer | null {
    const account = this.names.account(state, this.take())
    if (!account) return null
    this.takeId(state)
    if (state.records.ids.find(account.index) !== NONE) return null
    const market = this.names.market(state, writeDraft(this, DRAFT, ASKED))
    if (market === NONE) return null
    DRAFT.account = account.index
    DRAFT.market = market
    return placeSilently(state, DRAFT, ORDERS)
  }

  private cancel(state: EngineState): Answer | null {
    const account = this.names.account(state, this.take())
    if (!account) return null
    this.takeId(state)
    return cancelSilently(state, account)
  }

  private takeId(state: EngineState): void {
    const { cells, at } = this
    this.at += 3
    state.records.ids.takeSummed(this.payload, cells[at]! | 0, cells[at + 1]! | 0, cells[at + 2]! | 0)
  }

  private readPlace(): PlaceOrder {
    const accountId = this.names.names[this.take()]!
    const clientOrderId = this.readId()
    return { kind: 'PLACE', accountId, clientOrderId, ...termsIn(this, this.names.names) }
  }

  private readCancel(): CancelOrder {
    const accountId = this.names.names[this.take()]!
    return { kind: 'CANCEL', accountId, clientOrderId: this.readId() }
  }

  private readId(): string {
    const start = this.take()
    const length = this.take()
    this.take()
    return Buffer.from(this.payload.buffer, this.payload.byteOffset + start, length).toString('latin1')
  }

  private take(): number {
    return this.cells[this.at++]! | 0
  }
}
