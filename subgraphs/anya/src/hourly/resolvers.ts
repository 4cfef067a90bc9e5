import type { Resolvers } from '../generated/graphql.ts'
import type { HourlyService } from './service.ts'

export function hourlyResolvers(hourly: Pick<HourlyService, 'reference'>): Pick<Resolvers, 'ReferenceMarket'> {
  return {
    ReferenceMarket: {
      __resolveReference: ({ symbol }) => ({ symbol }),
      prediction: ({ symbol }, { horizon }) => hourly.reference(symbol, horizon),
    },
  }
}
