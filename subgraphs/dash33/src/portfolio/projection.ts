import { int4s, texts } from '../columns.ts'
import type { EngineBatch, Trade, TradeParty } from '../engine/events.ts'
import type { WriterMemory } from '../projections/memory.ts'
import { allDone, type Statements } from '../statements.ts'
import { writeColumns } from '../transactions.ts'
import { keyOf, type LotChange, type LotKey, readLots, writeLots } from './lot-store.ts'
import { type DatedMove, LotQueue } from './lots.ts'
import { applyMove, FLAT, moveOf } from './position.ts'
import type { KnownPosition, PositionMemory, StoredPosition } from './position-memory.ts'

const READ_POSITIONS = `
  SELECT p.* FROM unnest($1::int[], $2::text[]) AS r (account_no, symbol) JOIN position p USING (account_no, symbol)`

const UPSERT_POSITIONS = `
  INSERT INTO position (account_no, symbol, quantity, cost, realised, fifo_realised, base_fees, quote_fees)
  SELECT account_no, symbol, quantity::numeric, cost::numeric, realised::numeric, fifo_realised::numeric, base_fees::numeric,
    quote_fees::numeric
  FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS r (account_no, symbol, quantity, cost, realised, fifo_realised, base_fees, quote_fees)
  ON CONFLICT (account_no, symbol) DO UPDATE SET quantity = excluded.quantity, cost = excluded.cost, realised = excluded.realised,
    fifo_realised = excluded.fifo_realised, base_fees = excluded.base_fees, quote_fees = excluded.quote_fees`

/** A fill as it changes a position; fees in minor units of the asset received. */
export interface FoldedFill extends DatedMove {
  readonly baseFee: bigint
  readonly quoteFee: bigint
}

/** The fills of one account in one market, in order. */
export interface AccountFills {
  readonly accountId: string
  readonly symbol: string
  readonly fills: readonly FoldedFill[]
}

const NOTHING: KnownPosition = { position: { ...FLAT, fifoRealised: 0n, baseFees: 0n, quoteFees: 0n }, lots: [] }

type PositionRow = Record<
  'symbol' | 'quantity' | 'cost' | 'realised' | 'fifo_realised' | 'base_fees' | 'quote_fees',
  string
> & { readonly account_no: number }

/** Of a trade with itself, an account's share as maker comes first. */
export function foldFills(batches: readonly EngineBatch[]): AccountFills[] {
  const byAccount = new Map<string, { accountId: string; symbol: string; fills: FoldedFill[] }>()
  for (const { time, events } of batches) {
    for (const event of events) {
      if (event.type !== 'TRADE') continue
      for (const party of [event.maker, event.taker]) {
        const { accountId } = party
        const key = `${accountId} ${event.symbol}`
        const account = byAccount.get(key) ?? { accountId, symbol: event.symbol, fills: [] }
        byAccount.set(key, account)
        account.fills.push(fillOf(event, party, time))
      }
    }
  }
  return [...byAccount.values()]
}

function fillOf({ engineSequence, leg, baseAmount, quoteAmount }: Trade, party: TradeParty, time: number): FoldedFill {
  const { side } = party
  const fee = BigInt(party.fee)
  const move = moveOf({ side, baseAmount: BigInt(baseAmount), quoteAmount: BigInt(quoteAmount), fee })
  const [baseFee, quoteFee] = side === 'BUY' ? [fee, 0n] : [0n, fee]
  return { ...move, engineSequence, leg, time, baseFee, quoteFee }
}

/** Adds fills to the stored positions and lots. The caller is the only writer. */
export async function writePositions(
  statements: Statements,
  accounts: readonly AccountFills[],
  { numbers, positions }: WriterMemory,
): Promise<void> {
  if (accounts.length === 0) return
  await numbers.load(
    statements,
    accounts.map(({ accountId }) => accountId),
  )
  const keys = accounts.map(({ accountId, symbol }) => ({ accountNo: numbers.of(accountId), symbol }))
  const stored = await findKnown(statements, keys, positions)
  const changes = accounts.map(({ fills }, i) => {
    const { position, lots } = stored[i]!
    const queue = new LotQueue(lots)
    const after = foldPosition(position, fills, (fill) => queue.add(fill))
    return { key: keys[i]!, position: after, before: lots, after: queue.lots }
  })
  await allDone([upsertPositions(statements, changes), writeLots(statements, changes)])
  for (const { key, position, after } of changes) positions.set(keyOf(key), { position, lots: after })
}

interface PositionChange extends LotChange {
  readonly position: StoredPosition
}

async function upsertPositions(statements: Statements, changes: readonly PositionChange[]): Promise<void> {
  const amounts = (of: (position: StoredPosition) => bigint) =>
    texts(changes.map(({ position }) => String(of(position))))
  await writeColumns(statements, 'upsert positions', UPSERT_POSITIONS, changes, () => [
    int4s(changes.map(({ key }) => key.accountNo)),
    texts(changes.map(({ key }) => key.symbol)),
    amounts(({ quantity }) => quantity),
    amounts(({ cost }) => cost),
    amounts(({ realised }) => realised),
    amounts(({ fifoRealised }) => fifoRealised),
    amounts(({ baseFees }) => baseFees),
    amounts(({ quoteFees }) => quoteFees),
  ])
}

function foldPosition(
  before: StoredPosition,
  fills: readonly FoldedFill[],
  addToLots: (fill: FoldedFill) => bigint,
): StoredPosition {
  return fills.reduce<StoredPosition>(
    (position, fill) => ({
      ...applyMove(position, fill),
      fifoRealised: position.fifoRealised + addToLots(fill),
      baseFees: position.baseFees + fill.baseFee,
      quoteFees: position.quoteFees + fill.quoteFee,
    }),
    before,
  )
}

/** @returns what there is of each key: what is not remembered is read. */
async function findKnown(
  statements: Statements,
  keys: readonly LotKey[],
  memory: PositionMemory,
): Promise<KnownPosition[]> {
  const missing = keys.filter((key) => !memory.get(keyOf(key)))
  const read = missing.length === 0 ? new Map<string, KnownPosition>() : await readPositions(statements, missing)
  return keys.map((key) => memory.get(keyOf(key)) ?? read.get(keyOf(key)) ?? NOTHING)
}

async function readPositions(statements: Statements, keys: readonly LotKey[]): Promise<Map<string, KnownPosition>> {
  const { rows } = await statements.query<PositionRow>({
    name: 'read positions',
    text: READ_POSITIONS,
    values: [int4s(keys.map(({ accountNo }) => accountNo)), texts(keys.map(({ symbol }) => symbol))],
  })
  const lots = await readLots(statements, keys)
  return new Map(
    rows.map((row) => {
      const key = keyOf({ accountNo: row.account_no, symbol: row.symbol })
      const position = {
        quantity: BigInt(row.quantity),
        cost: BigInt(row.cost),
        realised: BigInt(row.realised),
        fifoRealised: BigInt(row.fifo_realised),
        baseFees: BigInt(row.base_fees),
        quoteFees: BigInt(row.quote_fees),
      }
      return [key, { position, lots: lots.get(key) ?? [] }]
    }),
  )
}
