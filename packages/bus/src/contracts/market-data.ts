import { z } from 'zod'

/** Market data is a sequenced stream over the cache's pub/sub: it may lose messages, and its readers resynchronise from the snapshot. */
export const marketDataChannel = (symbol: string) => `market-data:${symbol}`
export const marketSnapshotKey = (symbol: string) => `market-snapshot:${symbol}`

/** [price in ticks, quantity in lots]; quantity 0 removes the level. */
const level = z.tuple([z.number().int(), z.number().int().nonnegative()])

/** Where the order flow of a market comes from while a recording is replayed; null on a market without one. */
const recording = z
  .object({
    dataSet: z.string(),
    /** The recorded file now playing, e.g. `spot_btcusdt_20240808`. */
    segment: z.string(),
    /** 1 for the first time this data folder is played in the life of the exchange, then 2, 3, … */
    pass: z.number().int().positive(),
  })
  .nullable()

/** `AUCTION`: orders gather without trading, and the book may be crossed. */
const status = z.enum(['TRADING', 'PAUSED', 'AUCTION'])

/** While the status is AUCTION: what would trade if it ended now, by what the book shows. */
const auction = z.object({
  /** Milliseconds since the Unix epoch; null where it has no end of its own. */
  endsAt: z.number().int().nullable(),
  /** Ticks; null while nothing crosses. */
  price: z.number().int().nullable(),
  /** Lots. */
  quantity: z.number().int().nonnegative(),
})

/** All that one engine batch changed in one market. `sequence` rises with every message of a symbol, also across restarts, but not by one: `previousSequence` joins them. */
export const marketDataMessageSchema = z.object({
  symbol: z.string(),
  sequence: z.number().int(),
  previousSequence: z.number().int(),
  engineSequence: z.number().int(),
  /** Engine time, milliseconds since the Unix epoch. */
  time: z.number().int(),
  status,
  /** Absent outside an auction. */
  auction: auction.optional(),
  recording,
  bids: z.array(level),
  asks: z.array(level),
  trades: z.array(
    z.object({
      tradeId: z.string(),
      price: z.number().int(),
      quantity: z.number().int(),
      takerSide: z.enum(['BUY', 'SELL']),
      /** Present where it happened in an uncross. */
      auction: z.literal(true).optional(),
      time: z.number().int(),
    }),
  ),
})

/** The whole book as of `sequence`, best first, written at least once a second while the market moves. */
export const marketSnapshotSchema = z.object({
  symbol: z.string(),
  sequence: z.number().int(),
  engineSequence: z.number().int(),
  time: z.number().int(),
  status,
  auction: auction.optional(),
  recording,
  /** Decimal places of one tick and one lot: price = ticks × tickUnits / 10^priceScale. */
  tick: z.object({ units: z.number().int(), scale: z.number().int() }),
  lot: z.object({ units: z.number().int(), scale: z.number().int() }),
  /** Ticks; absent before the first trade. */
  lastPrice: z.number().int().optional(),
  bids: z.array(level),
  asks: z.array(level),
})

export type MarketDataMessage = z.infer<typeof marketDataMessageSchema>
export type MarketSnapshot = z.infer<typeof marketSnapshotSchema>
export type MarketDataStatus = z.infer<typeof status>
/** Prices in ticks, quantities in lots, times in milliseconds since the Unix epoch. */
export type AuctionIndication = z.infer<typeof auction>
export type Recording = z.infer<typeof recording>
