export { type FeedListener, MarketFeed } from './feed.ts'
export { type BookSide, type Level, Levels } from './levels.ts'
export { LiveMarket } from './live-market.ts'
export { Mailbox, type Overflow } from './mailbox.ts'
