export { BookWatch } from './book-watch.ts'
export { compareTouch, formatReport, type MarketReport, Tally } from './tally.ts'
