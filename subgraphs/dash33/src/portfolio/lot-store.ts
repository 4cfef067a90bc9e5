import type { ClientBase, Pool } from 'pg'
import { int4s, int8s, texts, timestamps } from '../columns.ts'
import type { LotPlace, LotRange, PositionLotParent } from '../parents.ts'
import { writeColumns } from '../transactions.ts'
import { type DatedMove, type Lot, LotQueue, MAX_OPEN_LOTS } from './lots.ts'

/**
 * Of each position the oldest lots, as many as the fills can take or merge: those that are needed to cover all that the other side trades,
 * and one more than have to be merged for the new ones to fit. And the newest, which may go on.
 */
const READ_OLDEST = `
  SELECT r.account_no, r.symbol, l.engine_sequence, l.leg, l.acquired_at, l.quantity, l.cost, l.place, l.lots
  FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::int[]) AS r (account_no, symbol, bought, sold, fills)
  CROSS JOIN LATERAL (
    SELECT *, count(*) FILTER (WHERE before < CASE WHEN quantity > 0 THEN r.sold ELSE r.bought END::numeric) OVER () AS covering
    FROM (
      SELECT o.*, row_number() OVER place AS place, count(*) OVER () AS lots,
        sum(abs(o.quantity)) OVER (place ROWS UNBOUNDED PRECEDING) - abs(o.quantity) AS before
      FROM position_lot o WHERE o.account_no = r.account_no AND o.symbol = r.symbol
      WINDOW place AS (ORDER BY o.engine_sequence, o.leg)) ordered) l
  WHERE l.place <= l.covering + greatest(l.lots + r.fills - ${MAX_OPEN_LOTS}, 0) + 1 OR l.place = l.lots
  ORDER BY l.place`

const DELETE_LOTS = `
  DELETE FROM position_lot p USING unnest($1::int[], $2::text[], $3::bigint[], $4::int[]) AS r (account_no, symbol, engine_sequence, leg)
  WHERE p.account_no = r.account_no AND p.symbol = r.symbol AND p.engine_sequence = r.engine_sequence AND p.leg = r.leg`

const UPSERT_LOTS = `
  INSERT INTO position_lot (account_no, symbol, engine_sequence, leg, acquired_at, quantity, cost)
  SELECT account_no, symbol, engine_sequence, leg, acquired_at, quantity::numeric, cost::numeric
  FROM unnest($1::int[], $2::text[], $3::bigint[], $4::int[], $5::timestamptz[], $6::text[], $7::text[])
    AS r (account_no, symbol, engine_sequence, leg, acquired_at, quantity, cost)
  ON CONFLICT (account_no, symbol, engine_sequence, leg) DO UPDATE SET quantity = excluded.quantity, cost = excluded.cost`

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

interface ChangedLots {
  readonly key: LotKey
  readonly loaded: readonly Lot[]
  readonly queue: LotQueue
}

/** The lots that some fills change, from the store and back. */
export class LotLedger {
  readonly #queues: ReadonlyMap<string, ChangedLots>

  private constructor(queues: ReadonlyMap<string, ChangedLots>) {
    this.#queues = queues
  }

  static async load(
    client: ClientBase,
    accounts: readonly (LotKey & { readonly fills: readonly DatedMove[] })[],
  ): Promise<LotLedger> {
    const total = (fills: readonly DatedMove[], sign: 1n | -1n) =>
      String(fills.reduce((sum, { base }) => (base * sign > 0n ? sum + base * sign : sum), 0n))
    const { rows } = await client.query<LotRow & { account_no: number; symbol: string; place: string; lots: string }>({
      name: 'read oldest lots',
      text: READ_OLDEST,
      values: [
        int4s(accounts.map(({ accountNo }) => accountNo)),
        texts(accounts.map(({ symbol }) => symbol)),
        texts(accounts.map(({ fills }) => total(fills, 1n))),
        texts(accounts.map(({ fills }) => total(fills, -1n))),
        int4s(accounts.map(({ fills }) => fills.length)),
      ],
    })
    const found = Map.groupBy(rows, (row) => keyOf({ accountNo: row.account_no, symbol: row.symbol }))
    return new LotLedger(
      new Map(
        accounts.map(({ accountNo, symbol }) => {
          const key = { accountNo, symbol }
          const stored = found.get(keyOf(key)) ?? []
          const loaded = stored.map(lotOf)
          const oldest = loaded.filter((_lot, i) => Number(stored[i]!.place) === i + 1)
          const newest = loaded[oldest.length] ?? null
          const queue = new LotQueue({ oldest, newest, unloaded: Number(stored[0]?.lots ?? 0) - loaded.length })
          return [keyOf(key), { key, loaded, queue }]
        }),
      ),
    )
  }

  /** @returns what the fill realised, in quote minor units. */
  add(key: LotKey, fill: DatedMove): bigint {
    return this.#queues.get(keyOf(key))!.queue.add(fill)
  }

  async write(client: ClientBase): Promise<void> {
    const gone: (LotKey & Lot)[] = []
    const kept: (LotKey & Lot)[] = []
    for (const { key, loaded, queue } of this.#queues.values()) {
      const before = new Map(loaded.map((lot) => [placeOf(lot), lot]))
      for (const lot of queue.lots) {
        const old = before.get(placeOf(lot))
        before.delete(placeOf(lot))
        if (old?.quantity !== lot.quantity || old.cost !== lot.cost) kept.push({ ...key, ...lot })
      }
      for (const lot of before.values()) gone.push({ ...key, ...lot })
    }
    await writeColumns(client, 'delete lots', DELETE_LOTS, gone, () => keyColumns(gone))
    await writeColumns(client, 'upsert lots', UPSERT_LOTS, kept, () => [
      ...keyColumns(kept),
      timestamps(kept.map(({ acquiredAt }) => acquiredAt)),
      texts(kept.map(({ quantity }) => String(quantity))),
      texts(kept.map(({ cost }) => String(cost))),
    ])
  }
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

const keyOf = ({ accountNo, symbol }: LotKey) => `${accountNo} ${symbol}`
const placeOf = ({ engineSequence, leg }: Lot) => `${engineSequence} ${leg}`
