import { accountIdOf, type Openings } from '../accounts/index.ts'
import type { Ack } from '../engine/acks.ts'
import type { EngineClient } from '../engine/client.ts'
import type { CancelOrder, Command, PlaceOrder } from '../engine/commands.ts'
import type { CancelOrderInput, PlaceOrderInput } from '../generated/graphql.ts'
import { type InvalidInputAnswer, invalidInput } from '../market/refusals.ts'
import { type CancelAnswer, cancelAnswer, type PlaceAnswer, placeAnswer } from './answers.ts'
import { type PlaceFault, type Read, readCancel, readOrder } from './input.ts'

/** A quarter of the largest request, and some milliseconds of the engine's time. */
export const MAX_BATCH = 500

export interface BatchAnswer {
  readonly __typename: 'OrderBatch'
  readonly cancels: CancelAnswer[]
  readonly orders: (PlaceAnswer | PlaceFault)[]
}

/** Takes orders to the engine and brings its answers back: what is wrong with an input never gets there. */
export class OrderDesk {
  readonly #engine: Pick<EngineClient, 'submit'>
  readonly #openings: Openings
  readonly #onAcked: (accountId: string, engineSequence: number) => void

  /** @param onAcked hears how far the engine has come for an account, so that its owner reads what they wrote. */
  constructor(
    engine: Pick<EngineClient, 'submit'>,
    openings: Openings,
    onAcked: (accountId: string, engineSequence: number) => void,
  ) {
    this.#engine = engine
    this.#openings = openings
    this.#onAcked = onAcked
  }

  async place(userId: string, input: PlaceOrderInput): Promise<PlaceAnswer | PlaceFault> {
    const read = readOrder(input, accountIdOf(userId), 'input')
    if ('answer' in read) return read.answer
    const [ack] = await this.#submit(userId, [read.command])
    return placeAnswer(ack!, input.symbol, 'input')
  }

  async cancel(userId: string, input: CancelOrderInput): Promise<CancelAnswer> {
    const read = readCancel(input, accountIdOf(userId), 'input')
    if ('answer' in read) return read.answer
    const [ack] = await this.#submit(userId, [read.command])
    return cancelAnswer(ack!, 'input')
  }

  /** Cancels, then orders, as one uninterrupted run of the engine; each input gets its own answer, in the order given. */
  async batch(
    userId: string,
    cancels: readonly CancelOrderInput[],
    orders: readonly PlaceOrderInput[],
  ): Promise<BatchAnswer | InvalidInputAnswer> {
    if (cancels.length + orders.length > MAX_BATCH)
      return invalidInput('input', `A batch has at most ${MAX_BATCH} parts.`)
    const accountId = accountIdOf(userId)
    const readCancels = cancels.map((input, i) => readCancel(input, accountId, `input.cancels.${i}`))
    const readOrders = orders.map((input, i) => readOrder(input, accountId, `input.orders.${i}`))
    const reads: readonly Read<CancelOrder | PlaceOrder, unknown>[] = [...readCancels, ...readOrders]
    const acks = await this.#submit(
      userId,
      reads.flatMap((read) => ('command' in read ? [read.command] : [])),
    )
    let next = 0
    return {
      __typename: 'OrderBatch',
      cancels: readCancels.map((read, i) =>
        'answer' in read ? read.answer : cancelAnswer(acks[next++]!, `input.cancels.${i}`),
      ),
      orders: readOrders.map((read, i) =>
        'answer' in read ? read.answer : placeAnswer(acks[next++]!, read.command.symbol, `input.orders.${i}`),
      ),
    }
  }

  /** @returns one answer per command, after opening the account where that is not known to have happened. */
  async #submit(userId: string, commands: readonly Command[]): Promise<readonly Ack[]> {
    if (commands.length === 0) return []
    const opening = this.#openings.before(userId)
    const answers = await this.#engine.submit([...opening, ...commands])
    if (opening.length > 0 && answers[0]?.kind === 'ACCOUNT_OPENED') this.#openings.opened(answers[0].accountId)
    const acks = answers.slice(opening.length)
    for (const ack of acks) {
      if (ack.kind === 'PLACED' && !ack.replayed) this.#onAcked(ack.order.accountId, ack.order.engineSequence)
      else if (ack.kind === 'CANCELLED') this.#onAcked(ack.order.accountId, ack.engineSequence)
    }
    return acks
  }
}
