export { bookChecksum, type PriceLevel } from './checksum.ts'
export { orderBookResolvers } from './resolvers.ts'
export { type BookUpdate, BookView } from './view.ts'
export { BookWatchers } from './watchers.ts'
