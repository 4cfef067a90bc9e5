export { RECORDED_TRADES_KEPT, type RecordedTradeRecord } from './record.ts'
export { type RecordedEvent, recordEvents } from './recorder.ts'
export { recordResolvers } from './resolvers.ts'
export { pruneTrades } from './store.ts'
