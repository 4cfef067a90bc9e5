import type { Pool } from 'pg'
import type { MarketRules } from './rules.ts'

const FIND_RULES = `
  SELECT symbol, max_quantity, min_notional, collar_bps, protection_bps, price_band_bps, band_window_ms, halt_auction_ms
  FROM market_rule WHERE symbol = ANY($1)`

interface RuleRow {
  readonly symbol: string
  readonly max_quantity: string
  readonly min_notional: string
  readonly collar_bps: number
  readonly protection_bps: number
  readonly price_band_bps: number
  readonly band_window_ms: number
  readonly halt_auction_ms: number
}

/** @returns the rules of those markets whose rules were ever set. */
export async function findRules(pool: Pool, symbols: readonly string[]): Promise<Map<string, MarketRules>> {
  const { rows } = await pool.query<RuleRow>({ name: 'find market rules', text: FIND_RULES, values: [symbols] })
  return new Map(
    rows.map((row) => [
      row.symbol,
      {
        maxQuantity: Number(row.max_quantity),
        minNotional: Number(row.min_notional),
        collarBps: row.collar_bps,
        protectionBps: row.protection_bps,
        priceBandBps: row.price_band_bps,
        bandWindowMs: row.band_window_ms,
        haltAuctionMs: row.halt_auction_ms,
      },
    ]),
  )
}
