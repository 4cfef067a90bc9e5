import type { Resolvers } from '../generated/graphql.ts'
import type { HourlyService } from './service.ts'

export function hourlyResolvers(
  hourly: Pick<HourlyService, 'reference' | 'status'>,
): Pick<Resolvers, 'ReferenceMarket' | 'Market'> {
  return {
    Market: {
      __resolveReference: ({ symbol }) => ({ symbol }),
      predictionStatus: ({ symbol }, { horizon }) => hourly.status(symbol, horizon),
    },
    ReferenceMarket: {
      __resolveReference: ({ symbol }) => ({ symbol }),
      prediction: ({ symbol }, { horizon }) => hourly.reference(symbol, horizon),
    },
  }
}
