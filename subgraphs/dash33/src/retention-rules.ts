import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'
import { CandleRetention } from './candles/index.ts'
import { BroughtForward } from './ledger/index.ts'
import { INSTRUMENTS } from './market/index.ts'
import { OrderRetention } from './orders/index.ts'
import { PaperRetention } from './paper/index.ts'
import { EquityRetention } from './portfolio/index.ts'
import type { RetentionRule } from './projections/index.ts'
import { StrategyOrderRetention } from './strategies/index.ts'
import { TradeRetention } from './trades/index.ts'

/** Every rule that keeps the projections from growing without bound. The ledger's comes before the trades', which tell it the time. */
export function retentionRules(pool: Pool, clock: Clock): RetentionRule[] {
  const symbols = INSTRUMENTS.map(({ symbol }) => symbol)
  return [
    new OrderRetention(pool, clock),
    new BroughtForward(pool, clock),
    new TradeRetention(pool, clock),
    new EquityRetention(pool, clock),
    new PaperRetention(pool, clock),
    new StrategyOrderRetention(pool, clock),
    new CandleRetention(pool, clock, symbols),
  ]
}
