export type { ReferenceBar } from './bars.ts'
export type { ReferenceInterval, ReferenceMarket } from './catalogue.ts'
export { referenceMarketResolvers } from './resolvers.ts'
