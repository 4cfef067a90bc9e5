import { formatDecimal } from '@opsource/kernel'
import { perRequest } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Pool } from 'pg'
import type { EngineClient } from '../engine/client.ts'
import type { SetMarketStatus } from '../engine/commands.ts'
import type { Resolvers, SetMarketStatusInput } from '../generated/graphql.ts'
import { type MarketFeed, ofMarket, under } from '../market-data/index.ts'
import type { MarketParent, MarketRulesParent } from '../parents.ts'
import { ASSET_SCALES, assetScale, findInstrument, formatIncrements, INSTRUMENTS, instrumentOf } from './instruments.ts'
import { engineUnavailable, invalidInput, unknownMarket } from './refusals.ts'
import { DEFAULT_RULES } from './rules.ts'
import { findRules } from './store.ts'
import { type TickerBoard, type TickerSource, type TickerWatchers, tickerOf } from './ticker.ts'

export interface MarketServices {
  readonly engine: Pick<EngineClient, 'submit'>
  readonly pool: Pool
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly sources: ReadonlyMap<string, TickerSource>
  readonly tickers: ReadonlyMap<string, TickerWatchers>
  readonly board: TickerBoard
}

/** Basis points are hundredths of a percent. */
const PERCENT_SCALE = 2
/** An auction that gathers for longer is ended by who began it. */
const MAX_AUCTION_MS = 86_400_000

export function marketResolvers({ engine, pool, feeds, sources, tickers, board }: MarketServices): Resolvers {
  const rulesOf = perRequest(
    () =>
      new DataLoader<string, MarketRulesParent>(async (symbols) => {
        const rules = await findRules(pool, symbols)
        return symbols.map((symbol) => ({ symbol, rules: rules.get(symbol) ?? DEFAULT_RULES }))
      }),
  )
  const state = (market: MarketParent) => market.state ?? feeds.get(market.symbol)?.market
  return {
    Query: {
      markets: () => INSTRUMENTS.map(({ symbol }) => ({ symbol })),
      market: (_parent, { symbol }) => (findInstrument(symbol) ? { symbol } : null),
      tickers: () => [...sources.values()].flatMap((source) => tickerOf(source) ?? []),
    },
    Mutation: {
      setMarketStatus: async (_parent, { input }) => {
        const command = readStatus(input)
        if ('__typename' in command) return command
        const { symbol } = command
        const [ack] = await engine.submit([command])
        if (ack?.kind === 'MARKET_STATUS_SET') {
          const { status, recording, auctionEndsAt: endsAt } = ack
          const auctionEndsAt = endsAt === null ? null : new Date(endsAt).toISOString()
          return { __typename: 'MarketStatusSet', market: { symbol, state: { status, recording } }, auctionEndsAt }
        }
        if (ack?.kind !== 'REFUSED') throw new Error(`a market's status was answered ${ack?.kind}`)
        if (ack.code === 'UNKNOWN_MARKET') return unknownMarket(symbol)
        if (ack.code !== 'INVALID_COMMAND') return engineUnavailable(ack.code)
        return invalidInput(pathOf(ack.field), 'It cannot be read as what it should be.')
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
      rules: ({ symbol }, _args, context) => rulesOf(context).load(symbol),
      ticker: ({ symbol }) => tickerOf(ofMarket(sources, symbol)),
    },
    MarketRules: {
      maxQuantity: ({ symbol, rules }) => formatIncrements(rules.maxQuantity, instrumentOf(symbol).lot),
      minNotional: ({ symbol, rules }) => formatDecimal(rules.minNotional, instrumentOf(symbol).quoteScale),
      collarPercent: ({ rules }) => formatDecimal(rules.collarBps, PERCENT_SCALE),
      protectionPercent: ({ rules }) => formatDecimal(rules.protectionBps, PERCENT_SCALE),
      priceBandPercent: ({ rules }) => formatDecimal(rules.priceBandBps, PERCENT_SCALE),
      bandWindowMs: ({ rules }) => rules.bandWindowMs,
      haltAuctionMs: ({ rules }) => rules.haltAuctionMs,
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

function readStatus(input: SetMarketStatusInput): SetMarketStatus | ReturnType<typeof invalidInput> {
  const { symbol, status } = input
  const auctionMs = input.auctionMs ?? null
  if (auctionMs !== null && status !== 'AUCTION') {
    return invalidInput('input.auctionMs', 'Only an auction lasts for a time.')
  }
  if (auctionMs !== null && (auctionMs < 1 || auctionMs > MAX_AUCTION_MS)) {
    return invalidInput('input.auctionMs', `From 1 to ${MAX_AUCTION_MS}.`)
  }
  return { kind: 'SET_MARKET_STATUS', symbol, status, auctionMs, recording: input.recording ?? null }
}

const pathOf = (field: string): string => (field === 'auctionMs' ? 'input.auctionMs' : `input.recording.${field}`)
