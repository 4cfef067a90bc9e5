export { FillLog, fillOf } from './log.ts'
export { fillPage, fillResolvers } from './resolvers.ts'
export { findFills, findTakerFills } from './store.ts'
export { storedFills } from './stored.ts'
