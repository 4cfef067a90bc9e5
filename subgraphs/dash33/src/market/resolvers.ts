import type { EngineClient } from '../engine/client.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { type MarketFeed, ofMarket, under } from '../market-data/index.ts'
import type { MarketParent } from '../parents.ts'
import { ASSET_SCALES, assetScale, findInstrument, formatIncrements, INSTRUMENTS, instrumentOf } from './instruments.ts'
import { engineUnavailable, invalidInput, unknownMarket } from './refusals.ts'
import { type TickerBoard, type TickerSource, type TickerWatchers, tickerOf } from './ticker.ts'

export interface MarketServices {
  readonly engine: Pick<EngineClient, 'submit'>
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly sources: ReadonlyMap<string, TickerSource>
  readonly tickers: ReadonlyMap<string, TickerWatchers>
  readonly board: TickerBoard
}

export function marketResolvers({ engine, feeds, sources, tickers, board }: MarketServices): Resolvers {
  const state = (market: MarketParent) => market.state ?? feeds.get(market.symbol)?.market
  return {
    Query: {
      markets: () => INSTRUMENTS.map(({ symbol }) => ({ symbol })),
      market: (_parent, { symbol }) => (findInstrument(symbol) ? { symbol } : null),
      tickers: () => [...sources.values()].flatMap((source) => tickerOf(source) ?? []),
    },
    Mutation: {
      setMarketStatus: async (_parent, { input }) => {
        const { symbol, status, recording } = input
        const command = { kind: 'SET_MARKET_STATUS', symbol, status, recording: recording ?? null } as const
        const [ack] = await engine.submit([command])
        if (ack?.kind === 'MARKET_STATUS_SET') {
          return {
            __typename: 'MarketStatusSet',
            market: { symbol, state: { status: ack.status, recording: ack.recording } },
          }
        }
        if (ack?.kind !== 'REFUSED') throw new Error(`a market's status was answered ${ack?.kind}`)
        if (ack.code === 'UNKNOWN_MARKET') return unknownMarket(symbol)
        if (ack.code !== 'INVALID_COMMAND') return engineUnavailable(ack.code)
        return invalidInput(`input.recording.${ack.field}`, 'It cannot be read as what it should be.')
      },
    },
    Subscription: {
      ticker: { subscribe: (_parent, { symbol }) => under('ticker', ofMarket(tickers, symbol).watch()) },
      tickers: { subscribe: () => under('tickers', board.watch()) },
    },
    Market: {
      __resolveReference: ({ symbol }) => (findInstrument(symbol) ? { symbol } : null),
      baseAsset: ({ symbol }) => ({ code: instrumentOf(symbol).baseAsset }),
      quoteAsset: ({ symbol }) => ({ code: instrumentOf(symbol).quoteAsset }),
      tickSize: ({ symbol }) => formatIncrements(1, instrumentOf(symbol).tick),
      lotSize: ({ symbol }) => formatIncrements(1, instrumentOf(symbol).lot),
      status: (market) => state(market)?.status ?? 'PAUSED',
      recording: (market) => state(market)?.recording ?? null,
      ticker: ({ symbol }) => tickerOf(ofMarket(sources, symbol)),
    },
    Asset: {
      __resolveReference: ({ code }) => (Object.hasOwn(ASSET_SCALES, code) ? { code } : null),
      scale: ({ code }) => assetScale(code),
    },
    Ticker: {
      market: ({ symbol }) => ({ symbol }),
      time: ({ time }) => new Date(time).toISOString(),
    },
  }
}
