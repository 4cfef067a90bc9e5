import { formatDecimal } from '@opsource/kernel'
import { connection, pageOf, wholeKey } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { CandleInterval, Resolvers } from '../generated/graphql.ts'
import { formatIncrements, instrumentOf } from '../market/index.ts'
import { MINUTE_MS } from './candle.ts'
import { findCandles } from './store.ts'

const INTERVAL_MS: Readonly<Record<CandleInterval, number>> = {
  ONE_MINUTE: MINUTE_MS,
  FIVE_MINUTES: 5 * MINUTE_MS,
  ONE_HOUR: 60 * MINUTE_MS,
}
/** A screenful of chart: five hundred hours are assembled from 30,000 minutes. */
const MAX_CANDLES = 500

export function candleResolvers({ pool }: { readonly pool: Pool }): Resolvers {
  const price = (symbol: string, ticks: number) => formatIncrements(ticks, instrumentOf(symbol).tick)
  return {
    Market: {
      candles: async ({ symbol }, args) => {
        const page = pageOf(args, { defaultSize: 60, maxSize: MAX_CANDLES, keys: 1 })
        const before = page.after === null ? null : wholeKey(page.after[0])
        const interval = INTERVAL_MS[args.interval ?? 'ONE_MINUTE']
        const candles = await findCandles(pool, symbol, interval, before, page.first + 1)
        return connection(candles, page, (candle) => [candle.openTime])
      },
    },
    Candle: {
      openTime: ({ openTime }) => new Date(openTime).toISOString(),
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
