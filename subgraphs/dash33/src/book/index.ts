export { BareBook, type Reports } from './bare-book.ts'
export { Book } from './book.ts'
export { BookChanges } from './changes.ts'
export { LinkedBook } from './linked-book.ts'
export {
  BUY,
  LOOK_AGAIN,
  type Matcher,
  NONE,
  SELL,
  type SelfTradeVerdict,
  type SideCode,
  STOP,
  TRADE,
} from './matcher.ts'
export {
  type Affordable,
  type BookSide,
  type Level,
  type MatchEnd,
  type OrderBook,
  opposite,
  type Resting,
} from './order-book.ts'
export { OrderIndex } from './order-index.ts'
export { OrderPool } from './order-pool.ts'
export { PriceIndex } from './price-index.ts'
