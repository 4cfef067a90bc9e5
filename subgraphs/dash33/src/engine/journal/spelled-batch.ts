import { NONE } from '../../book/index.ts'
import type { Command } from '../commands.ts'
import { Draft } from '../core/draft.ts'
import type { CommandSource } from '../engine.ts'
import { type Answer, cancelSilently, placeSilently } from '../order-commands.ts'
import type { EngineState } from '../state.ts'
import type { ByteReader } from './byte-stream.ts'
import { BY_CLIENT_ORDER_ID, KINDS, readCommand } from './command-codec.ts'
import { type ReadNumbers, readDraft } from './terms-codec.ts'

const PLACE = KINDS.indexOf('PLACE')
const CANCEL = KINDS.indexOf('CANCEL')
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

/**
 * The segments of a journaled batch, for an engine that nobody listens to: new orders and cancels, nearly all there is, are carried out as
 * they are spelled, without a command or a text being made of them.
 */
export class SpelledBatch implements CommandSource {
  private readonly input: ByteReader
  private isInSegment = false
  /** Commands of the submission that are still to come. */
  private left = 0

  /** @param input where the segments begin */
  constructor(input: ByteReader) {
    this.input = input
  }

  next(): boolean {
    const { input } = this
    while (this.left === 0) {
      if (this.isInSegment) {
        this.left = input.number()
        this.isInSegment = this.left > 0
      } else {
        if (input.atEnd) return false
        input.forgetTexts()
        // Its origin and its first id, which only answers need.
        input.number()
        input.number()
        this.isInSegment = true
      }
    }
    this.left--
    return true
  }

  carryOut(state: EngineState): Answer | null {
    const { input } = this
    input.mark()
    const kind = input.byte()
    const answer = kind === PLACE ? this.place(state) : kind === CANCEL ? this.cancel(state) : null
    if (answer === null) input.reset()
    return answer
  }

  read(): Command {
    return readCommand(this.input)
  }

  private place(state: EngineState): Answer | null {
    const { input } = this
    const { ids } = state.records
    input.span()
    const account = state.spelledAccounts.find(input.bytes, input.spanStart, input.spanLength)
    if (!account) return null
    input.span()
    ids.takeSpelled(input.bytes, input.spanStart, input.spanLength)
    if (ids.find(account.index) !== NONE) return null
    readDraft(input, DRAFT, ASKED)
    const market = state.spelledMarkets.find(input.bytes, input.spanStart, input.spanLength)
    if (!market) return null
    DRAFT.account = account.index
    DRAFT.market = market.index
    return placeSilently(state, DRAFT, ORDERS)
  }

  private cancel(state: EngineState): Answer | null {
    const { input } = this
    if (input.byte() !== BY_CLIENT_ORDER_ID) return null
    input.span()
    const account = state.spelledAccounts.find(input.bytes, input.spanStart, input.spanLength)
    if (!account) return null
    input.span()
    state.records.ids.takeSpelled(input.bytes, input.spanStart, input.spanLength)
    return cancelSilently(state, account)
  }
}
