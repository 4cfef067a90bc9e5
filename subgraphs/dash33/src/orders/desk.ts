import { accountIdOf, type Openings } from '../accounts/index.ts'
import type { Ack } from '../engine/acks.ts'
import type { EngineClient } from '../engine/client.ts'
import type { Command } from '../engine/commands.ts'
import type {
  AmendOrderInput,
  CancelAllOrdersAfterInput,
  CancelAllOrdersInput,
  CancelOrderInput,
  OrderBatchInput,
  PlaceBracketInput,
  PlaceOcoInput,
  PlaceOrderInput,
} from '../generated/graphql.ts'
import { invalidInput } from '../market/refusals.ts'
import type { EarlierOrders } from './earlier-orders.ts'
import type { OrderName } from './input.ts'
import { OrderMarkets } from './order-markets.ts'
import {
  type Asked,
  askAmendment,
  askBracket,
  askCancel,
  askCancelAll,
  askCancelAllAfter,
  askOco,
  askOrder,
} from './questions.ts'
import { withoutRepeated } from './repetition.ts'

/** A quarter of the largest request, and some milliseconds of the engine's time. */
export const MAX_BATCH = 500

export interface DeskOptions {
  readonly engine: Pick<EngineClient, 'submit'>
  readonly openings: Openings
  readonly earlier: EarlierOrders
  /** @returns in which market a stored open order is, or null. */
  readonly storedSymbolOf: (accountId: string, name: OrderName) => Promise<string | null>
  /** Hears how far the engine has come for an account, so that its owner reads what they wrote. */
  readonly onAcked: (accountId: string, engineSequence: number) => void
}

/** Takes orders to the engine and brings its answers back: what is wrong with an input never gets there. */
export class OrderDesk {
  readonly #options: DeskOptions
  readonly #markets = new OrderMarkets()

  constructor(options: DeskOptions) {
    this.#options = options
  }

  place(userId: string, input: PlaceOrderInput) {
    return this.#placeOne(userId, askOrder(input, accountIdOf(userId), 'input'))
  }

  placeOco(userId: string, input: PlaceOcoInput) {
    return this.#placeOne(userId, askOco(input, accountIdOf(userId)))
  }

  placeBracket(userId: string, input: PlaceBracketInput) {
    return this.#placeOne(userId, askBracket(input, accountIdOf(userId)))
  }

  async placeMany(userId: string, inputs: readonly PlaceOrderInput[]) {
    if (inputs.length > MAX_BATCH)
      return invalidInput('input.orders', `At most ${MAX_BATCH} orders are placed at once.`)
    const accountId = accountIdOf(userId)
    const asked = inputs.map((input, i) => askOrder(input, accountId, `input.orders.${i}`))
    const results = await this.#askAll(userId, await withoutRepeated(this.#options.earlier, accountId, asked))
    return { __typename: 'OrdersPlaced' as const, results }
  }

  async amend(userId: string, input: AmendOrderInput) {
    const asked = await askAmendment(input, accountIdOf(userId), 'input', (name) => this.#symbolOf(userId, name))
    return this.#askOne(userId, asked)
  }

  cancel(userId: string, input: CancelOrderInput) {
    return this.#askOne(userId, askCancel(input, accountIdOf(userId), 'input'))
  }

  cancelAll(userId: string, input: CancelAllOrdersInput) {
    return this.#askOne(userId, askCancelAll(input, accountIdOf(userId)))
  }

  cancelAllAfter(userId: string, input: CancelAllOrdersAfterInput) {
    return this.#askOne(userId, askCancelAllAfter(input, accountIdOf(userId)))
  }

  /** Cancels, then amendments, then orders, as one uninterrupted run of the engine; each input gets its own answer, in the order given. */
  async batch(userId: string, input: OrderBatchInput) {
    const { cancels = [], amendments = [], orders = [] } = input
    if (cancels.length + amendments.length + orders.length > MAX_BATCH)
      return invalidInput('input', `A batch has at most ${MAX_BATCH} parts.`)
    const accountId = accountIdOf(userId)
    const askedCancels = cancels.map((each, i) => askCancel(each, accountId, `input.cancels.${i}`))
    const askedAmendments = await Promise.all(
      amendments.map((each, i) =>
        askAmendment(each, accountId, `input.amendments.${i}`, (name) => this.#symbolOf(userId, name)),
      ),
    )
    const askedOrders = await withoutRepeated(
      this.#options.earlier,
      accountId,
      orders.map((each, i) => askOrder(each, accountId, `input.orders.${i}`)),
    )
    const commands = [askedCancels, askedAmendments, askedOrders].flatMap(commandsOf)
    const acks = await this.#submit(userId, commands)
    const next = acks.values()
    return {
      __typename: 'OrderBatch' as const,
      cancels: answersOf(askedCancels, next),
      amendments: answersOf(askedAmendments, next),
      orders: answersOf(askedOrders, next),
    }
  }

  async #placeOne<A>(userId: string, asked: Asked<A>) {
    const { earlier } = this.#options
    const accountId = accountIdOf(userId)
    if (!earlier.needed(accountId)) return this.#askOne(userId, asked)
    const [first] = await withoutRepeated(earlier, accountId, [asked])
    return this.#askOne(userId, first!)
  }

  async #askOne<A>(userId: string, asked: Asked<A>): Promise<A> {
    const [answer] = await this.#askAll(userId, [asked])
    return answer!
  }

  async #askAll<A>(userId: string, asked: readonly Asked<A>[]): Promise<A[]> {
    const acks = await this.#submit(userId, commandsOf(asked))
    return answersOf(asked, acks.values())
  }

  /** @returns the market of an order that may be open. */
  async #symbolOf(userId: string, name: OrderName): Promise<string | null> {
    const accountId = accountIdOf(userId)
    return this.#markets.symbolOf(accountId, name) ?? this.#options.storedSymbolOf(accountId, name)
  }

  /** @returns one answer per command, after opening the account where that is not known to have happened. */
  async #submit(userId: string, commands: readonly Command[]): Promise<readonly Ack[]> {
    if (commands.length === 0) return []
    const { engine, openings, onAcked } = this.#options
    const opening = openings.before(userId)
    const answers = await engine.submit([...opening, ...commands])
    if (opening.length > 0 && answers[0]?.kind === 'ACCOUNT_OPENED') openings.opened(answers[0].accountId)
    const acks = answers.slice(opening.length)
    let reached = 0
    for (const ack of acks) {
      if (ack.kind === 'PLACED') for (const order of [ack.order, ...ack.linked]) this.#markets.remember(order)
      reached = Math.max(reached, sequenceOf(ack))
    }
    if (reached > 0) onAcked(accountIdOf(userId), reached)
    return acks
  }
}

/** @returns the sequence that the stored orders must reach to contain what the answer tells; 0 where it tells of no order. */
function sequenceOf(ack: Ack): number {
  switch (ack.kind) {
    case 'PLACED':
      return ack.order.engineSequence
    case 'AMENDED':
    case 'CANCELLED':
    case 'ALL_CANCELLED':
      return ack.engineSequence
    default:
      return 0
  }
}

function commandsOf(asked: readonly Asked<unknown>[]): Command[] {
  return asked.flatMap((each) => ('command' in each ? [each.command] : []))
}

/** Takes an answer of the engine for each that was asked. */
function answersOf<A>(asked: readonly Asked<A>[], acks: Iterator<Ack>): A[] {
  return asked.map((each) => {
    if ('answer' in each) return each.answer
    const { done, value } = acks.next()
    if (done) throw new Error('the engine answered fewer commands than it was given')
    return each.read(value)
  })
}
