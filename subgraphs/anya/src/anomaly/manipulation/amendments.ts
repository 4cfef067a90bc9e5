import { type Amended, BoundedMap, type OrderFlowEvent, type Placed } from './order-flow.ts'

/** Orders that are remembered as they stand, of a market. */
const ORDERS = 20_000

/**
 * Tells of an order that its owner moves or makes smaller as of one that is withdrawn and placed anew: what stood there stands there no
 * more, whichever way it was taken away.
 */
export class Amendments {
  readonly #standing = new BoundedMap<string, Placed>(ORDERS)

  unfold(event: OrderFlowEvent | Amended): readonly OrderFlowEvent[] {
    if (event.type === 'ORDER_AMENDED') return this.#amend(event)
    if (event.type === 'ORDER_ACCEPTED') this.#standing.set(event.orderId, event)
    else if (event.type === 'ORDER_CANCELLED') this.#standing.delete(event.orderId)
    else for (const { orderId } of [event.maker, event.taker]) this.#trade(orderId, event.quantity)
    return [event]
  }

  #amend({ type: _type, ...event }: Amended): readonly OrderFlowEvent[] {
    const before = this.#standing.get(event.orderId)
    // One that nobody saw placed may still wait for something, and not stand in the book.
    if (!before) return []
    const placed: Placed = { ...event, type: 'ORDER_ACCEPTED' }
    this.#standing.set(event.orderId, placed)
    if (before.price === event.price && before.quantity <= event.quantity) return [placed]
    const { price: _price, quantity: _quantity, ...names } = event
    return [{ ...names, type: 'ORDER_CANCELLED', reason: 'REQUESTED' }, placed]
  }

  #trade(orderId: string, quantity: number): void {
    const order = this.#standing.get(orderId)
    if (order) this.#standing.set(orderId, { ...order, quantity: order.quantity - quantity })
  }
}
