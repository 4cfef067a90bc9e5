import type { ClientBase } from 'pg'
import type { AccountNumbers } from '../accounts/index.ts'
import { int4s, texts } from '../columns.ts'
import type { EngineBatch, Trade, TradeParty } from '../engine/events.ts'
import { writeColumns } from '../transactions.ts'
import { type LotKey, LotLedger } from './lot-store.ts'
import type { DatedMove } from './lots.ts'
import { applyMove, FLAT, moveOf, type Position } from './position.ts'

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

interface StoredPosition extends Position {
  readonly fifoRealised: bigint
  readonly baseFees: bigint
  readonly quoteFees: bigint
}

const NOTHING: StoredPosition = { ...FLAT, fifoRealised: 0n, baseFees: 0n, quoteFees: 0n }

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
  client: ClientBase,
  accounts: readonly AccountFills[],
  numbers: AccountNumbers,
): Promise<void> {
  if (accounts.length === 0) return
  await numbers.load(
    client,
    accounts.map(({ accountId }) => accountId),
  )
  const keys = accounts.map(({ accountId, symbol }) => ({ accountNo: numbers.of(accountId), symbol }))
  const stored = await readPositions(client, keys)
  const lots = await LotLedger.load(
    client,
    accounts.map(({ fills }, i) => ({ ...keys[i]!, fills })),
  )
  const positions = accounts.map(({ fills }, i) => {
    const key = keys[i]!
    return { ...key, ...foldPosition(stored.get(keyOf(key)) ?? NOTHING, fills, (fill) => lots.add(key, fill)) }
  })
  const amounts = (of: (position: StoredPosition) => bigint) => texts(positions.map((each) => String(of(each))))
  await writeColumns(client, 'upsert positions', UPSERT_POSITIONS, positions, () => [
    int4s(positions.map(({ accountNo }) => accountNo)),
    texts(positions.map(({ symbol }) => symbol)),
    amounts(({ quantity }) => quantity),
    amounts(({ cost }) => cost),
    amounts(({ realised }) => realised),
    amounts(({ fifoRealised }) => fifoRealised),
    amounts(({ baseFees }) => baseFees),
    amounts(({ quoteFees }) => quoteFees),
  ])
  await lots.write(client)
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

async function readPositions(client: ClientBase, keys: readonly LotKey[]): Promise<Map<string, StoredPosition>> {
  const { rows } = await client.query<PositionRow>({
    name: 'read positions',
    text: READ_POSITIONS,
    values: [int4s(keys.map(({ accountNo }) => accountNo)), texts(keys.map(({ symbol }) => symbol))],
  })
  return new Map(
    rows.map((row) => [
      keyOf({ accountNo: row.account_no, symbol: row.symbol }),
      {
        quantity: BigInt(row.quantity),
        cost: BigInt(row.cost),
        realised: BigInt(row.realised),
        fifoRealised: BigInt(row.fifo_realised),
        baseFees: BigInt(row.base_fees),
        quoteFees: BigInt(row.quote_fees),
      },
    ]),
  )
}

const keyOf = ({ accountNo, symbol }: LotKey) => `${accountNo} ${symbol}`
