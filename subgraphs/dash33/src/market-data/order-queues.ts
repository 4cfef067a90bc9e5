import type { BookSnapshot } from '../engine/client.ts'
import type { EngineBatch } from '../engine/events.ts'
import type { Change } from './levels.ts'
import { OrderQueue, type RestingOrder } from './order-queue.ts'

/** What one batch changed of each side. */
export interface QueueChanges {
  readonly bids: readonly Change<RestingOrder>[]
  readonly asks: readonly Change<RestingOrder>[]
}

/**
 * The orders on one market's book, one by one, as the engine's batches leave them. Unlike the levels they are not published to other
 * processes: nobody else serves them, and they are several times as many. The batches of one process are complete and in order, so there
 * is no gap to heal.
 */
export class OrderQueues {
  readonly symbol: string
  readonly bids: OrderQueue
  readonly asks: OrderQueue
  /** The engine's, of the last batch that changed an order here. */
  sequence: number
  /** Engine time, milliseconds since the Unix epoch. */
  time: number
  readonly #listeners = new Set<(changes: QueueChanges) => void>()

  constructor(book: BookSnapshot) {
    this.symbol = book.symbol
    this.bids = new OrderQueue('BUY', book.bidOrders)
    this.asks = new OrderQueue('SELL', book.askOrders)
    this.sequence = book.engineSequence
    this.time = book.time
  }

  /** Takes what follows; a batch that the opening book contains changes nothing. */
  take(batch: EngineBatch): void {
    if (batch.lastSequence <= this.sequence) return
    const bids: Change<RestingOrder>[] = []
    const asks: Change<RestingOrder>[] = []
    for (const { symbol, side, orderId, price, quantity, priority } of batch.resting) {
      if (symbol !== this.symbol) continue
      const order = { orderId, price, quantity, priority }
      if (side === 'BUY') bids.push(this.bids.set(order))
      else asks.push(this.asks.set(order))
    }
    if (bids.length === 0 && asks.length === 0) return
    this.sequence = batch.lastSequence
    this.time = batch.time
    for (const listener of this.#listeners) listener({ bids, asks })
  }

  /** `listener` hears of every change just after it. */
  listen(listener: (changes: QueueChanges) => void): void {
    this.#listeners.add(listener)
  }
}
