import { formatDecimal } from '@opsource/kernel'
import { connection, pageOf, wholeKey } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { Resolvers } from '../generated/graphql.ts'
import { formatIncrements, instrumentOf } from '../market/index.ts'
import { ofMarket, under } from '../market-data/index.ts'
import type { LiveCandles } from './live.ts'
import { findCandles } from './store.ts'

/** A screenful of chart: five hundred half hours are put together from 15,000 minutes. */
const MAX_CANDLES = 500

export interface CandleServices {
  readonly pool: Pool
  readonly candles: ReadonlyMap<string, LiveCandles>
}

export function candleResolvers({ pool, candles }: CandleServices): Resolvers {
  const price = (symbol: string, ticks: number) => formatIncrements(ticks, instrumentOf(symbol).tick)
  return {
    Market: {
      candles: async ({ symbol }, args) => {
        const page = pageOf(args, { defaultSize: 60, maxSize: MAX_CANDLES, keys: 1 })
        const interval = args.interval ?? 'M1'
        const [older, newer] = [page.after, page.before].map((cursor) => (cursor === null ? null : wholeKey(cursor[0])))
        const found = await findCandles(pool, {
          symbol,
          interval,
          from: Math.max(momentOf(args.from) ?? 0, newer == null ? 0 : newer + 1),
          before: Math.min(momentOf(args.to) ?? Infinity, older ?? Infinity),
          limit: page.first + 1,
          first: page.backward ? 'oldest' : 'newest',
        })
        return connection(found, page, (candle) => [candle.openTime])
      },
    },
    Subscription: {
      candles: {
        subscribe: (_parent, { symbol, interval }) =>
          under('candles', ofMarket(candles, symbol).watch(interval ?? 'M1')),
      },
    },
    Candle: {
      openTime: ({ openTime }) => new Date(openTime).toISOString(),
      closeTime: ({ closeTime }) => new Date(closeTime).toISOString(),
      open: ({ open, symbol }) => price(symbol, open),
      high: ({ high, symbol }) => price(symbol, high),
      low: ({ low, symbol }) => price(symbol, low),
      close: ({ close, symbol }) => price(symbol, close),
      volume: ({ volume, symbol }) => {
        const { lot } = instrumentOf(symbol)
        return formatDecimal(volume * BigInt(lot.units), lot.scale)
      },
      quoteVolume: ({ quoteVolume, symbol }) => formatDecimal(quoteVolume, instrumentOf(symbol).quoteScale),
    },
  }
}

/** Milliseconds since the Unix epoch; null where nothing was given. */
function momentOf(text: string | null | undefined): number | null {
  return text == null ? null : Date.parse(text)
}
