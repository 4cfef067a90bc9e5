import { NONE } from '../../book/index.ts'
import type { CancelOrder, Command, PlaceOrder } from '../commands.ts'
import { Draft } from '../core/draft.ts'
import type { CommandSource } from '../engine.ts'
import { type Answer, cancelSilently, placeSilently } from '../order-commands.ts'
import type { EngineState } from '../state.ts'
import type { LookAhead } from './look-ahead.ts'
import type { SpelledNames } from './spelled-names.ts'
import { END, kindIn, OTHER, SPELLED_PLACE, type SpelledBatches } from './speller.ts'
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

/** One batch as it was spelled. */
export interface Spelled extends SpelledBatches {
  readonly start: number
  readonly names: SpelledNames
  /** Of the page that it is on; null: it stands alone. */
  readonly ahead: LookAhead | null
}

/** The commands of a batch, for an engine that nobody listens to. */
export class SpelledBatch implements CommandSource, TermCells {
  at: number
  readonly cells: Int32Array
  private readonly payload: Uint8Array
  private readonly names: SpelledNames
  private readonly others: readonly Command[]
  private readonly ahead: LookAhead | null

  /** @param payload the batch itself, where client order ids are spelled */
  constructor(payload: Uint8Array, { cells, others, start, names, ahead }: Spelled) {
    this.payload = payload
    this.cells = cells
    this.at = start
    this.names = names
    this.others = others
    this.ahead = ahead
  }

  next(): boolean {
    return kindIn(this.cells[this.at]!) !== END
  }

  carryOut(state: EngineState): Answer | null {
    const begun = this.at
    this.ahead?.reach(begun, state)
    const kind = kindIn(this.take())
    const answer = kind === OTHER ? null : kind === SPELLED_PLACE ? this.place(state) : this.cancel(state)
    if (answer === null) this.at = begun
    return answer
  }

  read(): Command {
    const kind = kindIn(this.take())
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
    state.records.ids.takeSummed(this.payload, cells[at]!, cells[at + 1]!, cells[at + 2]!)
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
    return this.cells[this.at++]!
  }
}
