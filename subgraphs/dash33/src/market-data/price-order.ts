export type BookSide = 'BUY' | 'SELL'

/** Most changes touch the best prices, so they are looked for there before the rest is bisected. */
const NEAR_BEST = 8

/** Whether `a` is the worse price on this side of a book. */
export const isWorse = (side: BookSide, a: number, b: number): boolean => (side === 'BUY' ? a < b : a > b)

/** @param prices of one side, sorted so that the best is the last. @returns the index of `price`, or where it belongs. */
export function placeOf(prices: readonly number[], price: number, side: BookSide): number {
  let high = prices.length
  for (let near = 0; near < NEAR_BEST && high > 0; near++) {
    if (isWorse(side, prices[high - 1]!, price)) return high
    high--
  }
  let low = 0
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isWorse(side, prices[middle]!, price)) low = middle + 1
    else high = middle
  }
  return low
}
