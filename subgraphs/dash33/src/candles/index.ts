export { type Candle, foldCandles, mergeCandles } from './candle.ts'
export { writeCandles } from './projection.ts'
export { candleResolvers } from './resolvers.ts'
