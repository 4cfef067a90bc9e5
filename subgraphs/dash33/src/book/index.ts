export { BareBook, type Reports } from './bare-book.ts'
export { Book } from './book.ts'
export { BookChanges } from './changes.ts'
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
export { NumberSet } from './number-set.ts'
export { OrderIndex } from './order-index.ts'
export { OrderPool } from './order-pool.ts'
export { PriceIndex } from './price-index.ts'
