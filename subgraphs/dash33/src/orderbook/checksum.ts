import { crc32 } from 'node:zlib'

/** As Kraken's: enough to notice a book that has come apart, cheap enough for every step. */
export const CHECKSUM_DEPTH = 10

/** A level as the graph shows it. */
export interface PriceLevel {
  readonly price: string
  readonly quantity: string
}

/** An order on the book as the graph shows it. */
export interface QueuedOrder extends PriceLevel {
  readonly orderId: string
}

/**
 * CRC-32 of the best 10 levels of each side (of a shallower view: all it has), asks then bids, each best first,
 * `price:quantity` joined by `,`.
 * @returns eight hexadecimal digits.
 */
export function bookChecksum(bids: readonly PriceLevel[], asks: readonly PriceLevel[]): string {
  return checksum(bids, asks, (level) => `${level.price}:${level.quantity}`)
}

/** As `bookChecksum`, of the best 10 orders of each side as `orderId:price:quantity`. */
export function queueChecksum(bids: readonly QueuedOrder[], asks: readonly QueuedOrder[]): string {
  return checksum(bids, asks, (order) => `${order.orderId}:${order.price}:${order.quantity}`)
}

function checksum<T>(bids: readonly T[], asks: readonly T[], write: (entry: T) => string): string {
  const text = [...asks.slice(0, CHECKSUM_DEPTH), ...bids.slice(0, CHECKSUM_DEPTH)].map(write).join(',')
  return crc32(text).toString(16).padStart(8, '0')
}
