export { decimalScalar } from './decimal.ts'
export { MAX_BATCH, OrderDesk } from './desk.ts'
export { foldOrders, writeOrders } from './projection.ts'
export { orderResolvers } from './resolvers.ts'
