import { createRequire } from 'node:module'
import { BareBook, BUY, type Reports, SELL, type SideCode } from '../../../subgraphs/dash33/src/book/index.ts'
import { CANCEL, NEW, type Workload } from '../../../subgraphs/dash33/src/match/workload.ts'

/** A matching engine fed with a workload; each peer in the way that its README shows, its messages prepared beforehand. */
export interface MatchingPeer {
  /** Takes the messages from one place to another. */
  take(from: number, to: number): void
  /** Best bid and best ask, NaN where there is none. */
  touch(): [bid: number, ask: number]
  /** Forgets the prepared messages, so that only the book is left to weigh. */
  release(): void
}

export const PEERS = {
  opsource: (workload: Workload) => new OwnBook(workload),
  'nodejs-order-book': (workload: Workload) => new NodejsOrderBook(workload, 'nodejs-order-book'),
  'hft-limit-order-book': (workload: Workload) => new NodejsOrderBook(workload, 'hft-limit-order-book'),
  'limit-order-book': (workload: Workload) => new RhodeyBook(workload),
}
export type PeerName = keyof typeof PEERS

const require = createRequire(import.meta.url)
const RECENT = 1 << 16

/** Type, sequence, price, quantity, order, and its side or the other order. */
const REPORT_FIELDS = 6

/** The last reports: what an engine must write down at least, so that the book is not measured for work that nobody sees. No #private on its way either, see decision 0011. */
class RecentReports implements Reports {
  count = 0
  readonly fields = new Float64Array(RECENT * REPORT_FIELDS)

  accepted(sequence: number, side: SideCode, id: number, price: number, quantity: number): void {
    this.note(0, sequence, price, quantity, id, side)
  }

  traded(sequence: number, price: number, quantity: number, maker: number, taker: number): void {
    this.note(1, sequence, price, quantity, maker, taker)
  }

  cancelled(sequence: number, side: SideCode, id: number, price: number): void {
    this.note(2, sequence, price, 0, id, side)
  }

  modified(sequence: number, side: SideCode, id: number, price: number, quantity: number): void {
    this.note(3, sequence, price, quantity, id, side)
  }

  cancelRejected(sequence: number, id: number): void {
    this.note(4, sequence, 0, 0, id, 0)
  }

  modifyRejected(sequence: number, id: number): void {
    this.note(5, sequence, 0, 0, id, 0)
  }

  private note(type: number, sequence: number, price: number, quantity: number, order: number, other: number): void {
    const at = (this.count++ & (RECENT - 1)) * REPORT_FIELDS
    const fields = this.fields
    fields[at] = type
    fields[at + 1] = sequence
    fields[at + 2] = price
    fields[at + 3] = quantity
    fields[at + 4] = order
    fields[at + 5] = other
  }
}

/** Type, id, price, quantity, sequence, side, immediate. */
const MESSAGE_FIELDS = 7

/** Prepared as a list of small integers: what the numbers of the others' messages are, too. */
class OwnBook implements MatchingPeer {
  readonly #bare = new BareBook(new RecentReports())
  #fields: Int32Array

  constructor(workload: Workload) {
    const { count, type, id, price, quantity, sequence, side, immediate } = workload
    this.#fields = new Int32Array(count * MESSAGE_FIELDS)
    for (const [field, column] of [type, id, price, quantity, sequence, side, immediate].entries())
      for (let i = 0; i < count; i++) this.#fields[i * MESSAGE_FIELDS + field] = column[i]!
  }

  take(from: number, to: number): void {
    const bare = this.#bare
    const fields = this.#fields
    for (let at = from * MESSAGE_FIELDS; at < to * MESSAGE_FIELDS; at += MESSAGE_FIELDS) {
      const kind = fields[at]!
      const id = fields[at + 1]!
      const price = fields[at + 2]!
      const quantity = fields[at + 3]!
      const sequence = fields[at + 4]!
      if (kind === NEW) bare.place(sequence, id, fields[at + 5]! as SideCode, price, quantity, fields[at + 6] === 1)
      else if (kind === CANCEL) bare.cancel(sequence, id)
      else bare.modify(sequence, id, price, quantity)
    }
  }

  touch(): [bid: number, ask: number] {
    return [this.#bare.book.best(BUY), this.#bare.book.best(SELL)]
  }

  release(): void {
    this.#fields = new Int32Array(0)
  }
}

interface LimitOrder {
  readonly side: 'buy' | 'sell'
  readonly id: string
  readonly size: number
  readonly price: number
  readonly timeInForce: 'GTC' | 'IOC'
}

interface NodejsBook {
  limit(order: LimitOrder): unknown
  cancel(id: string): unknown
  modify(id: string, update: { price: number; size: number }): unknown
  depth(): [asks: [number, number][], bids: [number, number][]]
}

/** nodejs-order-book and its predecessor, which has the same interface. */
class NodejsOrderBook implements MatchingPeer {
  readonly #book: NodejsBook
  readonly #orders: LimitOrder[]
  readonly #type: Uint8Array

  constructor(workload: Workload, name: 'nodejs-order-book' | 'hft-limit-order-book') {
    const { OrderBook }: { OrderBook: new () => NodejsBook } = require(name)
    this.#book = new OrderBook()
    this.#type = workload.type
    this.#orders = Array.from({ length: workload.count }, (_, i) => ({
      side: workload.side[i] === BUY ? 'buy' : 'sell',
      id: String(workload.id[i]),
      size: workload.quantity[i]!,
      price: workload.price[i]!,
      timeInForce: workload.immediate[i] === 1 ? 'IOC' : 'GTC',
    }))
  }

  take(from: number, to: number): void {
    const book = this.#book
    for (let i = from; i < to; i++) {
      const order = this.#orders[i]!
      if (this.#type[i] === NEW) book.limit(order)
      else if (this.#type[i] === CANCEL) book.cancel(order.id)
      else book.modify(order.id, { price: order.price, size: order.size })
    }
  }

  touch(): [bid: number, ask: number] {
    const [asks, bids] = this.#book.depth()
    return [bids[0]?.[0] ?? Number.NaN, asks[0]?.[0] ?? Number.NaN]
  }

  release(): void {
    this.#orders.length = 0
  }
}

interface RhodeyOrders {
  add(order: object): unknown
  remove(id: string): unknown
  readonly askLevels: { queue: { price: unknown }[] }
  readonly bidLevels: RhodeyOrders['askLevels']
}

interface RhodeyModule {
  readonly LimitOrderBook: new (settings: { symbol: string; priceStep: string; sizeStep: string }) => RhodeyOrders
  readonly LimitOrder: new (id: string, side: 'bid' | 'ask', price: string, size: string) => object
}

/** limit-order-book: decimal strings, and neither IOC nor modify, so one is an order and its removal, the other a removal and an order. */
class RhodeyBook implements MatchingPeer {
  readonly #module: RhodeyModule = require('limit-order-book')
  readonly #book = new this.#module.LimitOrderBook({ symbol: 'X', priceStep: '1', sizeStep: '1' })
  readonly #workload: Workload
  readonly #texts: { id: string; side: 'bid' | 'ask'; price: string; size: string }[]

  constructor(workload: Workload) {
    this.#workload = workload
    this.#texts = Array.from({ length: workload.count }, (_, i) => ({
      id: String(workload.id[i]),
      side: workload.side[i] === BUY ? 'bid' : 'ask',
      price: String(workload.price[i]),
      size: String(workload.quantity[i]),
    }))
  }

  take(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const { id, side, price, size } = this.#texts[i]!
      const kind = this.#workload.type[i]
      if (kind === CANCEL) this.#book.remove(id)
      else if (kind === NEW || this.#book.remove(id)) {
        this.#book.add(new this.#module.LimitOrder(id, side, price, size))
        if (this.#workload.immediate[i] === 1) this.#book.remove(id)
      }
    }
  }

  touch(): [bid: number, ask: number] {
    const best = ({ queue }: RhodeyOrders['askLevels']) => Number(queue[0]?.price ?? Number.NaN)
    return [best(this.#book.bidLevels), best(this.#book.askLevels)]
  }

  release(): void {
    this.#texts.length = 0
  }
}
