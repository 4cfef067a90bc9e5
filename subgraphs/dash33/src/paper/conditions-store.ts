import { DEFAULT_RULES, type MarketRules } from '../market/rules.ts'
import { FEE_TIERS, type FeeTier } from '../risk/limits.ts'
import type { Queries } from './store.ts'

const DAY_MS = 86_400_000
/** Today and the 29 days before it. */
const VOLUME_DAYS = 30

/** Quote minor units that each account has traded in the 30 UTC days that end with that of `time`. */
export async function readVolumes(database: Queries, accountIds: readonly string[], time: number) {
  const since = new Date((Math.floor(time / DAY_MS) - (VOLUME_DAYS - 1)) * DAY_MS)
  const { rows } = await database.query<{ account_id: string; volume: string }>(
    `SELECT account_id, sum(quote_amount) AS volume FROM paper_fill
     WHERE account_id = ANY ($1) AND executed_at >= $2 GROUP BY account_id`,
    [accountIds, since],
  )
  return new Map(rows.map(({ account_id, volume }) => [account_id, BigInt(volume)]))
}

/** The fee schedule in force, by rising volume. */
export async function readFeeTiers(database: Queries): Promise<readonly FeeTier[]> {
  const { rows } = await database.query<{ min_volume: string; maker_bps: number; taker_bps: number }>(
    'SELECT min_volume, maker_bps, taker_bps FROM fee_tier ORDER BY min_volume',
  )
  if (rows.length === 0) return FEE_TIERS
  return rows.map((row) => ({
    minVolume: Number(row.min_volume),
    makerBps: row.maker_bps,
    takerBps: row.taker_bps,
  }))
}

/** A market's rules in force. */
export async function readRules(database: Queries, symbol: string): Promise<MarketRules> {
  const { rows } = await database.query<Record<string, string | number>>(
    'SELECT * FROM market_rule WHERE symbol = $1',
    [symbol],
  )
  const row = rows[0]
  if (!row) return DEFAULT_RULES
  return {
    maxQuantity: Number(row.max_quantity),
    minNotional: Number(row.min_notional),
    collarBps: Number(row.collar_bps),
    protectionBps: Number(row.protection_bps),
    priceBandBps: Number(row.price_band_bps),
    bandWindowMs: Number(row.band_window_ms),
    haltAuctionMs: Number(row.halt_auction_ms),
  }
}
