export { OrderFlowPublisher } from './publisher.ts'
