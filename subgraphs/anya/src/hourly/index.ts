export { HOURLY_LINES, hourlyServedLine } from './lines.ts'
export { hourlyResolvers } from './resolvers.ts'
export { HourlyService } from './service.ts'
