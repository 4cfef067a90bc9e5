export { bookChecksum, type PriceLevel, type QueuedOrder, queueChecksum } from './checksum.ts'
export { QueueWatchers } from './queue-view.ts'
export { orderBookResolvers } from './resolvers.ts'
export { BookWatchers } from './watchers.ts'
