export { watchlistResolvers } from './resolvers.ts'
export { watchersOf } from './store.ts'
