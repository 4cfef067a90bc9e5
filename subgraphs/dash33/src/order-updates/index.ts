export { DisconnectGuards } from './disconnect.ts'
export { OrderLog } from './log.ts'
export { orderUpdateResolvers } from './resolvers.ts'
