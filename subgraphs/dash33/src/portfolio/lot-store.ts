import type { Pool } from 'pg'
import { int4s, int8s, texts } from '../columns.ts'
import { CopyRows } from '../copy.ts'
import type { LotPlace, LotRange, PositionLotParent } from '../parents.ts'
import { allDone, type Statements } from '../statements.ts'
import { writeColumns } from '../transactions.ts'
import type { Lot } from './lots.ts'

const READ_LOTS = `
  SELECT l.* FROM unnest($1::int[], $2::text[]) AS r (account_no, symbol) JOIN position_lot l USING (account_no, symbol)
  ORDER BY l.account_no, l.symbol, l.engine_sequence, l.leg`

const DELETE_LOTS = `
  DELETE FROM position_lot p USING unnest($1::int[], $2::text[], $3::bigint[], $4::int[]) AS r (account_no, symbol, engine_sequence, leg)
  WHERE p.account_no = r.account_no AND p.symbol = r.symbol AND p.engine_sequence = r.engine_sequence AND p.leg = r.leg`

const UPDATE_LOTS = `
  UPDATE position_lot p SET quantity = r.quantity::numeric, cost = r.cost::numeric
  FROM unnest($1::int[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::text[])
    AS r (account_no, symbol, engine_sequence, leg, quantity, cost)
  WHERE p.account_no = r.account_no AND p.symbol = r.symbol AND p.engine_sequence = r.engine_sequence AND p.leg = r.leg`

const findLotsIn = (order: 'ASC' | 'DESC') => `
  SELECT l.engine_sequence, l.leg, l.acquired_at, l.quantity, l.cost FROM position_lot l JOIN account a ON a.no = l.account_no
  WHERE a.id = $1 AND l.symbol = $2 AND (l.engine_sequence, l.leg) > ($3, $4) AND (l.engine_sequence, l.leg) < ($5, $6)
  ORDER BY l.engine_sequence ${order}, l.leg ${order} LIMIT $7`
const FIND_LOTS = findLotsIn('ASC')
const FIND_LAST_LOTS = findLotsIn('DESC')

/** Whose lots of which market. */
export interface LotKey {
  readonly accountNo: number
  readonly symbol: string
}

interface LotRow {
  readonly engine_sequence: string
  readonly leg: number
  readonly acquired_at: Date
  readonly quantity: string
  readonly cost: string
}

/** An account's open lots within a range. */
export async function findLots(
  pool: Pool,
  accountId: string,
  symbol: string,
  { after, before, backward, limit }: LotRange,
): Promise<PositionLotParent[]> {
  const values = [accountId, symbol, ...(after ?? BEFORE_ALL), ...(before ?? BEHIND_ALL), limit]
  const [name, text] = backward ? ['find last lots', FIND_LAST_LOTS] : ['find lots', FIND_LOTS]
  const { rows } = await pool.query<LotRow>({ name, text, values })
  return rows.map((row) => ({ symbol, ...lotOf(row) }))
}

const BEFORE_ALL: LotPlace = [-1, 0]
const BEHIND_ALL: LotPlace = [Number.MAX_SAFE_INTEGER, 0]

/** @returns all lots of some positions, oldest first, by `keyOf`. */
export async function readLots(statements: Statements, keys: readonly LotKey[]): Promise<Map<string, Lot[]>> {
  const { rows } = await statements.query<LotRow & { account_no: number; symbol: string }>({
    name: 'read lots',
    text: READ_LOTS,
    values: [int4s(keys.map(({ accountNo }) => accountNo)), texts(keys.map(({ symbol }) => symbol))],
  })
  const found = Map.groupBy(rows, (row) => keyOf({ accountNo: row.account_no, symbol: row.symbol }))
  return new Map([...found].map(([key, lots]) => [key, lots.map(lotOf)]))
}

/** A position's lots before and after some fills, oldest first. */
export interface LotChange {
  readonly key: LotKey
  readonly before: readonly Lot[]
  readonly after: readonly Lot[]
}

export async function writeLots(statements: Statements, changes: readonly LotChange[]): Promise<void> {
  const gone: (LotKey & Lot)[] = []
  const changed: (LotKey & Lot)[] = []
  const fresh = new CopyRows()
  for (const { key, before, after } of changes) {
    let next = 0
    for (const old of before) {
      // Both are in order, and what is appended is younger than what there was.
      const lot = after[next]
      if (lot?.engineSequence !== old.engineSequence || lot.leg !== old.leg) {
        gone.push({ ...key, ...old })
        continue
      }
      next += 1
      if (lot !== old) changed.push({ ...key, ...lot })
    }
    for (; next < after.length; next++) addLot(fresh, key, after[next]!)
  }
  await allDone([
    writeColumns(statements, 'delete lots', DELETE_LOTS, gone, () => keyColumns(gone)),
    writeColumns(statements, 'update lots', UPDATE_LOTS, changed, () => [
      ...keyColumns(changed),
      texts(changed.map(({ quantity }) => String(quantity))),
      texts(changed.map(({ cost }) => String(cost))),
    ]),
    statements.copy('position_lot (account_no, symbol, engine_sequence, leg, acquired_at, quantity, cost)', fresh),
  ])
}

function addLot(rows: CopyRows, { accountNo, symbol }: LotKey, lot: Lot): void {
  rows.row(7)
  rows.int4(accountNo)
  rows.text(symbol)
  rows.int8(lot.engineSequence)
  rows.int4(lot.leg)
  rows.timestamp(lot.acquiredAt)
  rows.numeric(lot.quantity)
  rows.numeric(lot.cost)
}

function keyColumns(lots: readonly (LotKey & Lot)[]): Buffer[] {
  return [
    int4s(lots.map(({ accountNo }) => accountNo)),
    texts(lots.map(({ symbol }) => symbol)),
    int8s(lots.map(({ engineSequence }) => engineSequence)),
    int4s(lots.map(({ leg }) => leg)),
  ]
}

function lotOf(row: LotRow): Lot {
  return {
    engineSequence: Number(row.engine_sequence),
    leg: row.leg,
    acquiredAt: row.acquired_at.getTime(),
    quantity: BigInt(row.quantity),
    cost: BigInt(row.cost),
  }
}

export const keyOf = ({ accountNo, symbol }: LotKey) => `${accountNo} ${symbol}`
