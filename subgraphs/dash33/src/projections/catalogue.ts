import { foldCandles } from '../candles/candle.ts'
import { writeCandles } from '../candles/projection.ts'
import { foldLedger } from '../ledger/changes.ts'
import { writeLedger } from '../ledger/projection.ts'
import { foldOrders, writeOrders } from '../orders/projection.ts'
import { writeEquity } from '../portfolio/equity-projection.ts'
import { foldFills, writePositions } from '../portfolio/projection.ts'
import { foldSettings, writeSettings } from '../settings/projection.ts'
import { foldTrades, writeTrades } from '../trades/projection.ts'
import { eventsOf } from './events.ts'
import { writeOutbox } from './outbox.ts'
import { type Projection, projection } from './projection.ts'

// Straight from their files: the thread that writes them has no use for resolvers.

/**
 * Every projection, in the order in which they are written: the ledger's accounts have the numbers that the others name them by. Accounts
 * are in no list of tables, because a rebuild of the books must leave them their numbers.
 */
export const PROJECTIONS: readonly Projection[] = [
  projection(
    'ledger',
    [
      { table: 'ledger_entry', key: 'engine_sequence, posting, leg', accounts: ['account_no'], guarded: true },
      { table: 'balance', key: 'a0.id, asset', accounts: ['account_no'] },
      { table: 'credit', key: 'engine_sequence', accounts: ['account_no'] },
      { table: 'pending_transfer', key: 'order_id', accounts: ['account_no'] },
    ],
    foldLedger,
    (statements, changes, { numbers }) => writeLedger(statements, changes, numbers),
  ),
  projection(
    'orders',
    [{ table: 'exchange_order', key: 'engine_sequence, t.id', accounts: ['account_no'] }],
    foldOrders,
    (statements, changes, { numbers }) => writeOrders(statements, changes, numbers),
  ),
  projection(
    'trades',
    [{ table: 'trade', key: 'engine_sequence, leg', accounts: ['maker_account_no', 'taker_account_no'] }],
    foldTrades,
    (statements, changes, { numbers }) => writeTrades(statements, changes, numbers),
  ),
  projection(
    'candles',
    [{ table: 'candle', key: 'symbol, interval, open_time', accounts: [] }],
    foldCandles,
    writeCandles,
  ),
  projection(
    'positions',
    [
      { table: 'position', key: 'a0.id, symbol', accounts: ['account_no'] },
      { table: 'position_lot', key: 'a0.id, symbol, engine_sequence, leg', accounts: ['account_no'] },
    ],
    foldFills,
    writePositions,
  ),
  projection(
    'equity',
    [
      { table: 'equity_holding', key: 'a0.id, asset', accounts: ['account_no'] },
      { table: 'equity_point', key: 'a0.id, time', accounts: ['account_no'] },
      { table: 'equity_flow', key: 'a0.id, engine_sequence, leg', accounts: ['account_no'] },
      { table: 'mark_price', key: 'symbol', accounts: [] },
    ],
    (batches) => batches,
    (statements, changes, { numbers }) => writeEquity(statements, changes, numbers),
  ),
  projection(
    'settings',
    [
      { table: 'venue_change', key: 'engine_sequence', accounts: [], guarded: true },
      { table: 'risk_limit', key: 'profile, symbol', accounts: [] },
      { table: 'risk_assignment', key: 'a0.id', accounts: ['account_no'] },
      { table: 'market_rule', key: 'symbol', accounts: [] },
      { table: 'fee_tier', key: 'min_volume', accounts: [] },
      { table: 'kill_switch', key: 'scope, target', accounts: [] },
    ],
    foldSettings,
    (statements, changes, { numbers }) => writeSettings(statements, changes, numbers),
  ),
  projection('outbox', [], eventsOf, writeOutbox),
]
