import { formatDecimal } from '@opsource/kernel'
import { connection, fault, pageOf, wholeKey } from '@opsource/subgraph'
import type { Resolvers } from '../generated/graphql.ts'
import { CANDLESTICKS } from './candlesticks.ts'
import { CHART_KINDS } from './charts.ts'
import type { TickSize } from './feed.ts'
import { measurementsOf } from './forward-returns.ts'
import type { PatternInterval } from './interval.ts'
import type { FoundPattern, KnownRegime, PatternKind } from './recogniser.ts'
import type { PatternService } from './service.ts'
import { patternStream, regimeStream } from './stream.ts'

/** A pattern in a market whose prices can be told. */
export type ShownPattern = FoundPattern & { readonly tick: TickSize }

const BPS = 10_000
const ORDER = new Map<PatternKind, number>(
  [...CANDLESTICKS.map(({ name }) => name), ...CHART_KINDS].map((k, i) => [k, i]),
)
/** Patterns are numbered by their bar and, on it, by their kind: the same after a restart. */
const keysOf = ({ openTime, kind }: FoundPattern): [number, number] => [openTime, ORDER.get(kind) ?? 0]

/** Newest bar first, on one bar in the order of the kinds. */
function newestFirst(a: FoundPattern, b: FoundPattern): number {
  const [[time, rank], [otherTime, otherRank]] = [keysOf(a), keysOf(b)]
  return otherTime - time || rank - otherRank
}

interface Measured {
  readonly known: FoundPattern['known']
}
const timesSeen = ({ known }: Measured) => known.samples[0]?.count ?? 0
const mostSeenFirst = (a: Measured, b: Measured) => timesSeen(b) - timesSeen(a)

interface PageArguments {
  readonly interval?: PatternInterval | null | undefined
  readonly family?: FoundPattern['family'] | null | undefined
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
}

export function patternResolvers(service: PatternService): Pick<
  Resolvers,
  'Pattern' | 'PatternPoint' | 'PatternStatistics' | 'MarketRegime' | 'RegimeStatistics'
> & {
  readonly Query: Pick<NonNullable<Resolvers['Query']>, 'patterns' | 'patternStatistics' | 'regimeStatistics'>
  readonly Market: Pick<NonNullable<Resolvers['Market']>, 'patterns' | 'regime'>
  readonly Subscription: Pick<NonNullable<Resolvers['Subscription']>, 'patternFound' | 'regime'>
} {
  const patterns = (symbol: string, args: PageArguments) => {
    const page = pageOf(args, { keys: 2 })
    const [time, rank] = (page.after ?? []).map((key) => wholeKey(key))
    const lane = service.lane(symbol, args.interval ?? 'M1')
    const tick = service.tick(symbol)
    if (!lane || !tick) return null
    const isAfter = (pattern: FoundPattern) => {
      const [openTime, order] = keysOf(pattern)
      return time === undefined || rank === undefined || openTime < time || (openTime === time && order > rank)
    }
    const rows = lane
      .found(args.family ?? null)
      .filter(isAfter)
      .sort(newestFirst)
      .slice(0, page.first + 1)
    return connection(
      rows.map((pattern) => ({ ...pattern, tick })),
      page,
      keysOf,
    )
  }
  return {
    Query: {
      patterns: (_, { symbol, ...args }) => patterns(symbol, args),
      patternStatistics: (_, { symbol, interval }) => {
        const statistics = service.lane(symbol, interval ?? 'M1')?.recogniser.statistics() ?? null
        return statistics?.sort(mostSeenFirst) ?? null
      },
      regimeStatistics: (_, { symbol, interval }) =>
        service
          .lane(symbol, interval ?? 'M1')
          ?.recogniser.regimeStatistics()
          .sort(mostSeenFirst) ?? null,
    },
    Market: {
      patterns: ({ symbol }, args) => patterns(symbol, args),
      regime: ({ symbol }, { interval }) => service.lane(symbol, interval ?? 'M1')?.recogniser.regime ?? null,
    },
    Subscription: {
      patternFound: {
        subscribe: (_, { symbol, interval, family }) => {
          const lane = service.lane(symbol, interval ?? 'M1')
          if (!lane) throw fault('BAD_USER_INPUT', 'There is no such market.')
          return patternStream(lane, family ?? null)
        },
        resolve: (pattern: FoundPattern) => {
          const tick = service.tick(pattern.symbol)
          return tick && { ...pattern, tick }
        },
      },
      regime: {
        subscribe: (_, { symbol, interval }) => {
          const lane = service.lane(symbol, interval ?? 'M1')
          if (!lane) throw fault('BAD_USER_INPUT', 'There is no such market.')
          return regimeStream(lane)
        },
        resolve: (regime: KnownRegime) => regime,
      },
    },
    Pattern: {
      id: ({ symbol, interval, kind, openTime }) => `pat_${openTime.toString(36)}_${symbol}_${interval}_${kind}`,
      market: ({ symbol }) => ({ symbol }),
      points: ({ points, tick }) => points.map(({ time, price }) => ({ time, price, tick })),
      foundAt: ({ foundAt }) => new Date(foundAt).toISOString(),
      forwardReturns: ({ known }) => measurementsOf(known),
    },
    PatternPoint: {
      time: ({ time }) => new Date(time).toISOString(),
      price: ({ price, tick }) => formatDecimal(BigInt(price) * BigInt(tick.units), tick.scale),
    },
    PatternStatistics: { forwardReturns: ({ known }) => measurementsOf(known) },
    MarketRegime: {
      volatilityBps: ({ deviation }) => deviation * BPS,
      asOf: ({ asOf }) => new Date(asOf).toISOString(),
      forwardReturns: ({ known }) => measurementsOf(known),
    },
    RegimeStatistics: { forwardReturns: ({ known }) => measurementsOf(known) },
  }
}
