export { LiveSource, UnknownExchangeError } from './live.ts'
export type { MarketDataSource, SourceFaults, Step } from './market-data-source.ts'
export { RecordedSource } from './recorded.ts'
