import { crc32 } from 'node:zlib'

interface Update {
  readonly kind: 'SNAPSHOT' | 'DELTA'
  readonly sequence: number
  readonly previousSequence: number | null
  readonly checksum: string
}

export interface LevelUpdate extends Update {
  readonly bids: readonly { readonly price: string; readonly quantity: string }[]
  readonly asks: readonly { readonly price: string; readonly quantity: string }[]
}

interface OrderChange {
  readonly action: 'ADD' | 'CHANGE' | 'REMOVE'
  readonly orderId: string
  readonly price: string
  readonly quantity: string
  readonly priority: number
}

export interface OrderUpdate extends Update {
  readonly bids: readonly OrderChange[]
  readonly asks: readonly OrderChange[]
}

const CHECKED = 10

/** Keeps what a stream tells as a client of another make would, from the words of the schema alone. @throws where a step does not join or a checksum is wrong. */
abstract class ClientBook<U extends Update> {
  readonly kinds: string[] = []
  sequence = -1

  take(update: U): void {
    this.kinds.push(update.kind)
    if (update.kind === 'SNAPSHOT') this.clear()
    else if (update.previousSequence !== this.sequence)
      throw new Error(`${update.sequence} follows ${update.previousSequence}, not ${this.sequence}`)
    this.sequence = update.sequence
    this.apply(update)
    const checksum = crc32([...this.top('asks'), ...this.top('bids')].join(','))
      .toString(16)
      .padStart(8, '0')
    if (checksum !== update.checksum)
      throw new Error(`checksum ${checksum} at ${update.sequence}, not ${update.checksum}`)
  }

  protected abstract clear(): void
  protected abstract apply(update: U): void
  /** What the checksum is made of, best first. */
  protected abstract top(side: 'bids' | 'asks'): string[]
}

/** Level 2: prices and quantities. */
export class ClientLevels extends ClientBook<LevelUpdate> {
  readonly bids = new Map<string, string>()
  readonly asks = new Map<string, string>()

  levels(side: 'bids' | 'asks') {
    const sign = side === 'bids' ? -1 : 1
    return Array.from(this[side], ([price, quantity]) => ({ price, quantity })).sort(
      (a, b) => sign * (Number(a.price) - Number(b.price)),
    )
  }

  protected clear(): void {
    this.bids.clear()
    this.asks.clear()
  }

  protected apply(update: LevelUpdate): void {
    for (const side of ['bids', 'asks'] as const) {
      for (const { price, quantity } of update[side]) {
        if (Number(quantity) === 0) this[side].delete(price)
        else this[side].set(price, quantity)
      }
    }
  }

  protected top(side: 'bids' | 'asks'): string[] {
    return this.levels(side)
      .slice(0, CHECKED)
      .map(({ price, quantity }) => `${price}:${quantity}`)
  }
}

/** Level 3: orders one by one. */
export class ClientOrders extends ClientBook<OrderUpdate> {
  readonly bids = new Map<string, Omit<OrderChange, 'action'>>()
  readonly asks = new Map<string, Omit<OrderChange, 'action'>>()

  orders(side: 'bids' | 'asks') {
    const sign = side === 'bids' ? -1 : 1
    return [...this[side].values()].sort(
      (a, b) => sign * (Number(a.price) - Number(b.price)) || a.priority - b.priority,
    )
  }

  protected clear(): void {
    this.bids.clear()
    this.asks.clear()
  }

  protected apply(update: OrderUpdate): void {
    for (const side of ['bids', 'asks'] as const) {
      for (const { action, ...order } of update[side]) {
        if (this[side].has(order.orderId) !== (action !== 'ADD')) throw new Error(`${action} of ${order.orderId}`)
        if (action === 'REMOVE') this[side].delete(order.orderId)
        else this[side].set(order.orderId, order)
      }
    }
  }

  protected top(side: 'bids' | 'asks'): string[] {
    return this.orders(side)
      .slice(0, CHECKED)
      .map(({ orderId, price, quantity }) => `${orderId}:${price}:${quantity}`)
  }
}
