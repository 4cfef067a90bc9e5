import type { OrderSnapshot } from '../engine/acks.ts'
import type { OrderName } from './input.ts'

/** Orders that may not be stored yet are far fewer: the engine takes no work further ahead of its projections. */
const MAX_ORDERS = 50_000
/** Of what there may be, how much is left when there was more. */
const KEPT = 0.9

/** In which market an order is, of those placed last: an amendment's numbers cannot be read without, and the stored orders come later. */
export class OrderMarkets {
  readonly #symbols = new Map<string, string>()

  remember({ accountId, orderId, clientOrderId, symbol }: OrderSnapshot): void {
    for (const key of [keyOf(accountId, { orderId }), keyOf(accountId, { clientOrderId })]) {
      // What is set again is the newest again.
      this.#symbols.delete(key)
      this.#symbols.set(key, symbol)
    }
    if (this.#symbols.size > 2 * MAX_ORDERS) this.#makeRoom()
  }

  /** A tenth at once: to find the first key of a map costs a step for each that was taken from before it. */
  #makeRoom(): void {
    for (const oldest of this.#symbols.keys()) {
      if (this.#symbols.size <= 2 * MAX_ORDERS * KEPT) break
      this.#symbols.delete(oldest)
    }
  }

  symbolOf(accountId: string, name: OrderName): string | null {
    return this.#symbols.get(keyOf(accountId, name)) ?? null
  }
}

const keyOf = (accountId: string, name: OrderName): string =>
  'orderId' in name ? `${accountId} #${name.orderId}` : `${accountId} ${name.clientOrderId}`
