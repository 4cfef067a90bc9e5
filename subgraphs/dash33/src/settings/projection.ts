import type { AccountNumbers } from '../accounts/index.ts'
import type { EngineBatch } from '../engine/events.ts'
import type { Queries } from '../statements.ts'
import { type Row, writeRows } from '../transactions.ts'
import { type SettingEvent, settingEventsOf, type VenueChange, venueChangesOf } from './changes.ts'

/** What some batches changed of the venue's settings: every change, and of each setting the last. */
export interface SettingChanges {
  readonly changes: readonly VenueChange[]
  readonly last: readonly SettingEvent[]
}

export function foldSettings(batches: readonly EngineBatch[]): SettingChanges {
  const last = new Map(settingEventsOf(batches).map((event) => [keyOf(event), event]))
  return { changes: venueChangesOf(batches), last: [...last.values()] }
}

export async function writeSettings(
  client: Queries,
  { changes, last }: SettingChanges,
  numbers: AccountNumbers,
): Promise<void> {
  await writeRows(client, 'insert venue changes', INSERT_CHANGES, changes.map(changeRow))
  for (const event of last) await writeSetting(client, event, numbers)
}

/** One at a time: people change settings, and each kind has a table of its own. */
async function writeSetting(client: Queries, event: SettingEvent, numbers: AccountNumbers): Promise<void> {
  const { engineSequence } = event
  switch (event.type) {
    case 'RISK_LIMITS_SET': {
      const { profile, symbol, limits } = event
      await client.query(UPSERT_LIMITS, [
        profile,
        symbol ?? '',
        limits.maxOrderQuantity,
        limits.maxOrderNotional,
        limits.maxOpenOrders,
        limits.maxPosition,
        limits.maxExposure,
        limits.maxMessagesPerSecond,
        engineSequence,
      ])
      break
    }
    case 'RISK_PROFILE_ASSIGNED':
      await numbers.load(client, [event.accountId])
      await client.query(UPSERT_ASSIGNMENT, [numbers.of(event.accountId), event.profile, engineSequence])
      break
    case 'MARKET_RULES_SET': {
      const { symbol, rules } = event
      await client.query(UPSERT_RULES, [
        symbol,
        rules.maxQuantity,
        rules.minNotional,
        rules.collarBps,
        rules.protectionBps,
        rules.priceBandBps,
        rules.bandWindowMs,
        rules.haltAuctionMs,
        engineSequence,
      ])
      break
    }
    case 'FEE_SCHEDULE_SET':
      await client.query('DELETE FROM fee_tier')
      await writeRows(
        client,
        'insert fee tiers',
        INSERT_TIERS,
        event.tiers.map(({ minVolume, makerBps, takerBps }) => ({
          min_volume: minVolume,
          maker_bps: makerBps,
          taker_bps: takerBps,
          engine_sequence: engineSequence,
        })),
      )
      break
    case 'KILL_SWITCH_SET':
      await client.query(UPSERT_SWITCH, [event.scope, event.target, event.engaged, engineSequence])
  }
}

/** Two events of one key set the same thing. */
function keyOf(event: SettingEvent): string {
  switch (event.type) {
    case 'RISK_LIMITS_SET':
      return `${event.type} ${event.profile} ${event.symbol ?? '*'}`
    case 'RISK_PROFILE_ASSIGNED':
      return `${event.type} ${event.accountId}`
    case 'MARKET_RULES_SET':
      return `${event.type} ${event.symbol}`
    case 'FEE_SCHEDULE_SET':
      return event.type
    case 'KILL_SWITCH_SET':
      return `${event.type} ${event.scope} ${event.target}`
  }
}

const changeRow = (change: VenueChange): Row => ({
  engine_sequence: change.engineSequence,
  setting: change.setting,
  target: change.target,
  before: change.before && JSON.stringify(change.before),
  after: JSON.stringify(change.after),
  changed_by: change.changedBy,
  reason: change.reason,
  changed_at: new Date(change.at).toISOString(),
})

const INSERT_CHANGES = `
  INSERT INTO venue_change (engine_sequence, setting, target, before, after, changed_by, reason, changed_at)
  SELECT engine_sequence, setting, target, before::jsonb, after::jsonb, changed_by, reason, changed_at
  FROM json_to_recordset($1) AS r (engine_sequence bigint, setting venue_setting, target text, before text, after text,
    changed_by text, reason text, changed_at timestamptz)`

const UPSERT_LIMITS = `
  INSERT INTO risk_limit (profile, symbol, max_order_quantity, max_order_notional, max_open_orders, max_position, max_exposure,
    max_messages_per_second, engine_sequence)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (profile, symbol) DO UPDATE SET max_order_quantity = excluded.max_order_quantity,
    max_order_notional = excluded.max_order_notional, max_open_orders = excluded.max_open_orders, max_position = excluded.max_position,
    max_exposure = excluded.max_exposure, max_messages_per_second = excluded.max_messages_per_second,
    engine_sequence = excluded.engine_sequence`

const UPSERT_ASSIGNMENT = `
  INSERT INTO risk_assignment (account_no, profile, engine_sequence) VALUES ($1, $2, $3)
  ON CONFLICT (account_no) DO UPDATE SET profile = excluded.profile, engine_sequence = excluded.engine_sequence`

const UPSERT_RULES = `
  INSERT INTO market_rule (symbol, max_quantity, min_notional, collar_bps, protection_bps, price_band_bps, band_window_ms,
    halt_auction_ms, engine_sequence)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (symbol) DO UPDATE SET max_quantity = excluded.max_quantity, min_notional = excluded.min_notional,
    collar_bps = excluded.collar_bps, protection_bps = excluded.protection_bps, price_band_bps = excluded.price_band_bps,
    band_window_ms = excluded.band_window_ms, halt_auction_ms = excluded.halt_auction_ms, engine_sequence = excluded.engine_sequence`

const INSERT_TIERS = `
  INSERT INTO fee_tier (min_volume, maker_bps, taker_bps, engine_sequence)
  SELECT * FROM json_to_recordset($1) AS r (min_volume numeric, maker_bps int, taker_bps int, engine_sequence bigint)`

const UPSERT_SWITCH = `
  INSERT INTO kill_switch (scope, target, engaged, engine_sequence) VALUES ($1::kill_switch_scope, $2, $3, $4)
  ON CONFLICT (scope, target) DO UPDATE SET engaged = excluded.engaged, engine_sequence = excluded.engine_sequence`
