import {
  type Change,
  type OrderQueue,
  type OrderQueues,
  type QueueChanges,
  type RestingOrder,
  touchesBest,
  ViewWatchers,
  viewChanges,
} from '../market-data/index.ts'
import { CHECKSUM_DEPTH, type QueuedOrder, queueChecksum } from './checksum.ts'
import type { LevelFormat } from './view.ts'

export interface ShownOrder extends QueuedOrder {
  readonly priority: number
}

export interface OrderChange extends ShownOrder {
  readonly action: 'ADD' | 'CHANGE' | 'REMOVE'
}

/** One step of a book order by order, as the graph shows it. */
export interface QueueUpdate {
  readonly symbol: string
  readonly kind: 'SNAPSHOT' | 'DELTA'
  readonly sequence: number
  readonly previousSequence: number | null
  /** In a snapshot every order with `ADD`. */
  readonly bids: readonly OrderChange[]
  readonly asks: readonly OrderChange[]
  readonly checksum: string
  /** Milliseconds since the Unix epoch. */
  readonly time: number
}

/** The best `depth` orders of each side of one book: followed once, for all who watch it, at a cost that does not grow with the depth. */
export class QueueView {
  readonly depth: number
  readonly #queues: OrderQueues
  readonly #format: LevelFormat
  #worst: { bid: RestingOrder | null; ask: RestingOrder | null }
  #sequence: number
  #time: number
  #checksum: string
  #snapshot: QueueUpdate | null = null

  constructor(depth: number, format: LevelFormat, queues: OrderQueues) {
    this.depth = depth
    this.#format = format
    this.#queues = queues
    this.#worst = this.#worstNow()
    this.#sequence = queues.sequence
    this.#time = queues.time
    this.#checksum = this.#sum()
  }

  /** The whole view as of its last step. */
  snapshot(): QueueUpdate {
    const added = (order: RestingOrder) => this.#show('ADD', order)
    this.#snapshot ??= {
      symbol: this.#queues.symbol,
      kind: 'SNAPSHOT',
      sequence: this.#sequence,
      previousSequence: null,
      bids: this.#queues.bids.best(this.depth).map(added),
      asks: this.#queues.asks.best(this.depth).map(added),
      checksum: this.#checksum,
      time: this.#time,
    }
    return this.#snapshot
  }

  /** @param changes what has just been done to the queues. @returns what that changed within the view, or null where nothing. */
  advance(changes: QueueChanges): QueueUpdate | null {
    const { bids: bidQueue, asks: askQueue, sequence, symbol, time } = this.#queues
    const real = { bids: changes.bids.filter(isChange), asks: changes.asks.filter(isChange) }
    const bids = this.#visible(bidQueue, real.bids, this.#worst.bid)
    const asks = this.#visible(askQueue, real.asks, this.#worst.ask)
    if (bids.length === 0 && asks.length === 0) return null
    const previousSequence = this.#sequence
    this.#worst = this.#worstNow()
    this.#sequence = sequence
    this.#time = time
    this.#snapshot = null
    if (touchesBest(bidQueue, CHECKSUM_DEPTH, real.bids) || touchesBest(askQueue, CHECKSUM_DEPTH, real.asks))
      this.#checksum = this.#sum()
    return { symbol, kind: 'DELTA', sequence, previousSequence, bids, asks, checksum: this.#checksum, time }
  }

  /** What leaves comes first, then the rest by priority. */
  #visible(side: OrderQueue, changes: readonly Change<RestingOrder>[], worst: RestingOrder | null): OrderChange[] {
    if (changes.length === 0) return []
    const { entered, changed, left } = viewChanges(side, this.depth, changes, worst, ({ orderId }) => orderId)
    const byPriority = (a: { order: RestingOrder }, b: { order: RestingOrder }) =>
      side.isBetter(a.order, b.order) ? -1 : 1
    const stays = [
      ...entered.map((order) => ({ action: 'ADD' as const, order })),
      ...changed.map((order) => ({ action: 'CHANGE' as const, order })),
    ].sort(byPriority)
    const leaves = left
      .map((order) => ({ action: 'REMOVE' as const, order: { ...order, quantity: 0 } }))
      .sort(byPriority)
    return [...leaves, ...stays].map(({ action, order }) => this.#show(action, order))
  }

  #worstNow() {
    return { bid: this.#queues.bids.at(this.depth - 1), ask: this.#queues.asks.at(this.depth - 1) }
  }

  #sum(): string {
    const depth = Math.min(this.depth, CHECKSUM_DEPTH)
    const shown = (side: OrderQueue) => side.best(depth).map((order) => this.#show('ADD', order))
    return queueChecksum(shown(this.#queues.bids), shown(this.#queues.asks))
  }

  #show(action: OrderChange['action'], { orderId, price, quantity, priority }: RestingOrder): OrderChange {
    return {
      action,
      orderId,
      price: this.#format.price(price),
      quantity: this.#format.quantity(quantity),
      priority,
    }
  }
}

/** A batch touches an order also where it leaves it as it was, or where it came and went within it. */
const isChange = ({ before, after }: Change<RestingOrder>) =>
  before?.quantity !== after?.quantity || before?.price !== after?.price || before?.priority !== after?.priority

/** Serves the order-by-order subscriptions of one market. */
export class QueueWatchers extends ViewWatchers<QueueUpdate, QueueView> {
  constructor(queues: OrderQueues, format: LevelFormat) {
    super((depth) => new QueueView(depth, format, queues))
    queues.listen((changes) => this.advance((view) => view.advance(changes)))
  }
}
