export { type EventConsumer, eventConsumers } from './consumers.ts'
export { type EventData, type EventType, eventContracts } from './events.ts'
export {
  type AuctionIndication,
  type MarketDataMessage,
  type MarketDataStatus,
  type MarketSnapshot,
  marketDataChannel,
  marketDataMessageSchema,
  marketSnapshotKey,
  marketSnapshotSchema,
  type Recording,
} from './market-data.ts'
export { type OrderFlowMessage, orderFlowChannel, orderFlowMessageSchema } from './order-flow.ts'
