export { TradeLog } from './log.ts'
export { foldTrades, writeTrades } from './projection.ts'
export { tradeResolvers } from './resolvers.ts'
export { findLastPrices } from './store.ts'
