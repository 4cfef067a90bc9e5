import { connection, fault, pageOf, perRequest } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { AnomalyMeasure, PlatformMeasure, Resolvers } from '../generated/graphql.ts'
import { logStream } from '../log-stream.ts'
import { type DetectedAnomaly, severitiesFrom } from './record.ts'
import type { AnomalyService } from './service.ts'
import { type AnomalyScope, type AnomalyStore, isAnomalyId } from './store.ts'

interface PageArguments {
  readonly minimumSeverity: DetectedAnomaly['severity']
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
}

/** Of markets and of the platform, each under its name in the graph. */
const MEASURES = {
  return: 'RETURN',
  spread: 'SPREAD',
  volume: 'VOLUME',
  'order flow imbalance': 'ORDER_FLOW_IMBALANCE',
  'book imbalance': 'BOOK_IMBALANCE',
} as const satisfies Record<string, AnomalyMeasure>
const PLATFORM = {
  'event loop delay': 'EVENT_LOOP_DELAY',
  'market data delay': 'MARKET_DATA_DELAY',
  'request latency': 'REQUEST_LATENCY',
  'request faults': 'REQUEST_FAULTS',
} as const satisfies Record<string, PlatformMeasure>

const isOfMarket = (measure: DetectedAnomaly['measure']): measure is keyof typeof MEASURES => measure in MEASURES
const isOfPlatform = (measure: DetectedAnomaly['measure']): measure is keyof typeof PLATFORM => measure in PLATFORM

export function anomalyResolvers(
  service: Pick<AnomalyService, 'knows' | 'listen' | 'listenToPlatform'>,
  store: AnomalyStore,
): Pick<Resolvers, 'Anomaly' | 'PlatformAnomaly'> & {
  readonly Query: Pick<NonNullable<Resolvers['Query']>, 'anomalies' | 'platformAnomalies'>
  readonly Market: Pick<NonNullable<Resolvers['Market']>, 'anomalies'>
  readonly Subscription: Pick<NonNullable<Resolvers['Subscription']>, 'anomalyDetected' | 'platformAnomalyDetected'>
} {
  const page = async (scope: AnomalyScope, args: PageArguments) => {
    const wanted = pageOf(args, { keys: 1 })
    if (wanted.after !== null && !isAnomalyId(wanted.after[0]))
      throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
    return connection(await store.page(scope, args.minimumSeverity, wanted), wanted, ({ id }) => [id])
  }
  const stored = perRequest(() => new DataLoader((ids: readonly string[]) => store.byIds(ids)))
  return {
    Query: {
      anomalies: (_parent, args) => page({ kind: 'MARKETS' }, args),
      platformAnomalies: (_parent, args) => page({ kind: 'PLATFORM' }, args),
    },
    Market: {
      // Whoever asks for an entity chooses its key: it need not be a market, nor a text.
      anomalies: ({ symbol }, args) => (service.knows(symbol) ? page({ kind: 'MARKET', symbol }, args) : null),
    },
    Subscription: {
      anomalyDetected: {
        subscribe: (_parent, { market, minimumSeverity }) => {
          if (!service.knows(market)) throw fault('BAD_USER_INPUT', 'There is no such market.')
          return stream((listener) => service.listen(market, listener), minimumSeverity, 'anomalies')
        },
        resolve: (anomaly: DetectedAnomaly) => anomaly,
      },
      platformAnomalyDetected: {
        subscribe: (_parent, { minimumSeverity }) =>
          stream((listener) => service.listenToPlatform(listener), minimumSeverity, 'platformAnomalies'),
        resolve: (anomaly: DetectedAnomaly) => anomaly,
      },
    },
    Anomaly: {
      __resolveReference: ({ id }, context) => stored(context).load(id),
      market: ({ symbol }) => (symbol === null ? null : { symbol }),
      measure: ({ measure }) => nameOf(isOfMarket(measure) ? MEASURES[measure] : null, measure),
      detectedAt: ({ detectedAt }) => new Date(detectedAt).toISOString(),
    },
    PlatformAnomaly: {
      measure: ({ measure }) => nameOf(isOfPlatform(measure) ? PLATFORM[measure] : null, measure),
      detectedAt: ({ detectedAt }) => new Date(detectedAt).toISOString(),
    },
  }
}

function stream(
  listen: (listener: (anomaly: DetectedAnomaly) => void) => () => void,
  least: DetectedAnomaly['severity'],
  list: string,
) {
  const wanted: readonly string[] = severitiesFrom(least)
  return logStream<DetectedAnomaly>(
    (tell) => listen((anomaly) => wanted.includes(anomaly.severity) && tell(anomaly)),
    `An anomaly would be missed: read \`${list}\`, then subscribe again.`,
  )
}

/** What is kept of markets and of the platform is told apart by the query: the other's measure is a bug. */
function nameOf<T>(name: T | null, measure: string): T {
  if (name === null) throw new Error(`${measure} is kept in the wrong place`)
  return name
}
