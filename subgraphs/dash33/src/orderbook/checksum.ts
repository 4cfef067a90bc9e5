import { crc32 } from 'node:zlib'

/** As Kraken's: enough to notice a book that has come apart, cheap enough for every step. */
const CHECKSUM_LEVELS = 10

/** A level as the graph shows it. */
export interface PriceLevel {
  readonly price: string
  readonly quantity: string
}

/**
 * CRC-32 of the best 10 levels of each side (of a shallower view: all it has), asks then bids, each best first,
 * `price:quantity` joined by `,`.
 * @returns eight hexadecimal digits.
 */
export function bookChecksum(bids: readonly PriceLevel[], asks: readonly PriceLevel[]): string {
  const text = [...asks.slice(0, CHECKSUM_LEVELS), ...bids.slice(0, CHECKSUM_LEVELS)]
    .map((level) => `${level.price}:${level.quantity}`)
    .join(',')
  return crc32(text).toString(16).padStart(8, '0')
}
