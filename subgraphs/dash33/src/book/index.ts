export { LinkedBook } from './linked-book.ts'
export {
  type Affordable,
  type BookSide,
  type Level,
  type MatchEnd,
  type OrderBook,
  opposite,
  type Resting,
} from './order-book.ts'
