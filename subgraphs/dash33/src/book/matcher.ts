/** Of an order or a side of the book: what buys, what sells. */
export type SideCode = 0 | 1
export const BUY = 0
export const SELL = 1

/** No order, no level. */
export const NONE = -1

/** What becomes of a match that meets a maker of the taker's own account. */
export type SelfTradeVerdict = typeof TRADE | typeof STOP | typeof LOOK_AGAIN
/** They trade all the same. */
export const TRADE = 0
/** The match ends here. */
export const STOP = 1
/** The handler took the maker off the book, or lots off either of them: the book looks again at what is there now. */
export const LOOK_AGAIN = 2

/** What a match asks and tells whoever runs it. No call may start another match on the same book; any may take orders off it. */
export interface Matcher {
  /** Once for each price that the match comes to, before anything else there; false ends it. */
  admits(price: number): boolean
  /** Before each fill against a maker whose owner is the taker's. `Book.reduceTaker` works in here. */
  selfTrade(maker: number): SelfTradeVerdict
  /** Lots that may trade with the next maker, at most `wanted`; 0 ends the match. */
  allowance(price: number, wanted: number): number
  /** After each fill. Pool and level are already reduced; a maker with nothing left is off the book, but its slot is the handler's to free. */
  fill(maker: number, price: number, quantity: number): void
}
