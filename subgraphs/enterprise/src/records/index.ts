export { RECORDED_TRADES_KEPT, type RecordedTradeRecord } from './record.ts'
export { RECORDED_EVENTS, recordEvents } from './recorder.ts'
export { recordResolvers } from './resolvers.ts'
export { pruneTrades } from './store.ts'
