import type { Pool } from 'pg'
import { type CurveRange, valuationsWithin } from './curve.ts'
import type { Valuation } from './returns.ts'

const VALUATIONS = `
  SELECT p.time, 0 AS engine_sequence, 0 AS leg, p.equity, 0 AS flow FROM equity_point p JOIN account a ON a.no = p.account_no WHERE a.id = $1
  UNION ALL
  SELECT f.time, f.engine_sequence, f.leg, f.equity_before, f.value FROM equity_flow f JOIN account a ON a.no = f.account_no WHERE a.id = $1`

/** A point tells of all that came before its time, so that it precedes a flow of the same moment. */
const FIND_LAST = `SELECT * FROM (${VALUATIONS}) v WHERE time <= $2 ORDER BY time DESC, engine_sequence DESC, leg DESC LIMIT 1`
const FIND_WITHIN = `SELECT * FROM (${VALUATIONS}) v WHERE time > $2 AND time <= $3 ORDER BY time, engine_sequence, leg`

export interface ValuationRow {
  readonly time: Date
  readonly equity: string
  readonly flow: string
}

/** What is known of an account's worth within a range, by rising time. */
export async function findValuations(pool: Pool, accountId: string, range: CurveRange): Promise<Valuation[]> {
  const [from, to] = [new Date(range.from), new Date(range.to)]
  const last = await pool.query<ValuationRow>({ name: 'last valuation', text: FIND_LAST, values: [accountId, from] })
  const within = await pool.query<ValuationRow>({
    name: 'valuations within',
    text: FIND_WITHIN,
    values: [accountId, from, to],
  })
  return valuationsWithin(range, last.rows[0] ? valuationOf(last.rows[0]) : null, within.rows.map(valuationOf))
}

export function valuationOf({ time, equity, flow }: ValuationRow): Valuation {
  return { time: time.getTime(), equity: BigInt(equity), flow: BigInt(flow) }
}
