import { connection, pageOf, wholeKey } from '@opsource/subgraph'
import type { Resolvers } from '../generated/graphql.ts'
import { BarLibrary } from './bars.ts'
import { REFERENCE_MARKETS, type ReferenceInterval } from './catalogue.ts'

/** As many as candles have: a screenful of chart. */
const MAX_BARS = 500
const INTERVALS: readonly ReferenceInterval[] = ['D1', 'H1']

const find = (symbol: string) => REFERENCE_MARKETS.find((market) => market.symbol === symbol) ?? null
const instant = (time: number) => new Date(time).toISOString()

export function referenceMarketResolvers(library = new BarLibrary()): Pick<
  Resolvers,
  'ReferenceMarket' | 'ReferenceHistory' | 'ReferenceBar'
> & {
  readonly Query: Pick<NonNullable<Resolvers['Query']>, 'referenceMarket' | 'referenceMarkets'>
} {
  return {
    Query: {
      referenceMarkets: () => [...REFERENCE_MARKETS],
      referenceMarket: (_parent, { symbol }) => find(symbol),
    },
    ReferenceMarket: {
      __resolveReference: ({ symbol }) => find(symbol),
      histories: async (market) => {
        const found = await Promise.all(
          INTERVALS.map(async (interval) => ({ interval, history: await library.history(market, interval) })),
        )
        return found.flatMap(({ interval, history }) =>
          history ? [{ interval, from: history.from, to: history.to, count: history.count }] : [],
        )
      },
      bars: async (market, args) => {
        const page = pageOf(args, { defaultSize: 60, maxSize: MAX_BARS, keys: 1 })
        const history = await library.history(market, args.interval ?? 'D1')
        if (!history) return null
        const [older, newer] = [page.after, page.before].map((cursor) => (cursor === null ? null : wholeKey(cursor[0])))
        const bars = history.read({
          from: Math.max(momentOf(args.from) ?? -Infinity, newer == null ? -Infinity : newer + 1),
          before: Math.min(momentOf(args.to) ?? Infinity, older ?? Infinity),
          limit: page.first + 1,
          first: page.backward ? 'oldest' : 'newest',
        })
        const told = market.volumeUnit === null ? bars.map((bar) => ({ ...bar, volume: null })) : bars
        return connection(told, page, ({ openTime }) => [openTime])
      },
    },
    ReferenceHistory: { from: ({ from }) => instant(from), to: ({ to }) => instant(to) },
    ReferenceBar: { openTime: ({ openTime }) => instant(openTime) },
  }
}

/** Milliseconds since the Unix epoch; null where nothing was given. */
function momentOf(text: string | null | undefined): number | null {
  return text == null ? null : Date.parse(text)
}
