import type { AccountNumbers } from '../accounts/index.ts'
import { int4s, int8s, texts, timestamps } from '../columns.ts'
import type { EngineBatch } from '../engine/events.ts'
import type { Statements } from '../statements.ts'
import { writeColumns } from '../transactions.ts'
import {
  accountsWithFlows,
  type EquityFlow,
  foldFlows,
  type Holdings,
  MINUTE_MS,
  type MinuteRun,
  minuteOf,
  runsByMinute,
} from './equity.ts'
import { assetRates } from './valuation.ts'

/** The watermark moves last in the transaction: until then it tells of the batches before. */
const READ_STATE = `
  SELECT w.time, (SELECT coalesce(json_object_agg(symbol, price), '{}') FROM mark_price) AS prices
  FROM watermark w WHERE w.name = 'equity'`

const READ_HOLDINGS = `
  SELECT a.id, h.asset, h.total FROM equity_holding h JOIN account a ON a.no = h.account_no WHERE $1::int[] IS NULL OR a.no = ANY ($1::int[])`

/** An account gets a point where it is worth something else than at its last one, or where there was a flow since. */
const INSERT_POINTS = `
  WITH rate AS (SELECT * FROM unnest($2::text[], $3::numeric[], $4::numeric[]) AS r (asset, numerator, denominator)),
  valued AS (
    SELECT h.account_no, sum(coalesce(div(h.total * r.numerator, r.denominator), 0)) AS equity
    FROM equity_holding h LEFT JOIN rate r USING (asset) GROUP BY h.account_no)
  INSERT INTO equity_point (account_no, time, equity)
  SELECT v.account_no, $1, v.equity FROM valued v
  LEFT JOIN LATERAL (
    SELECT p.time, p.equity FROM equity_point p WHERE p.account_no = v.account_no ORDER BY p.time DESC LIMIT 1) last ON true
  WHERE coalesce(last.equity, 0) <> v.equity OR EXISTS (
    SELECT FROM equity_flow f WHERE f.account_no = v.account_no AND f.time >= coalesce(last.time, '-infinity'))`

const UPSERT_HOLDINGS = `
  INSERT INTO equity_holding (account_no, asset, total) SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[])
  ON CONFLICT (account_no, asset) DO UPDATE SET total = excluded.total`

const UPSERT_PRICES = `
  INSERT INTO mark_price (symbol, price) SELECT * FROM unnest($1::text[], $2::bigint[])
  ON CONFLICT (symbol) DO UPDATE SET price = excluded.price`

const INSERT_FLOWS = `
  INSERT INTO equity_flow (account_no, engine_sequence, leg, time, kind, asset, amount, value, equity_before)
  SELECT account_no, engine_sequence, leg, time, kind::equity_flow_kind, asset, amount::numeric, value::numeric, equity_before::numeric
  FROM unnest($1::int[], $2::bigint[], $3::int[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
    AS r (account_no, engine_sequence, leg, time, kind, asset, amount, value, equity_before)`

/**
 * Values every account at the end of each minute of engine time, and each flow at its moment. It has its own copy of what accounts hold,
 * so that it can be rebuilt alone; how the batches were put together changes nothing.
 */
export async function writeEquity(
  statements: Statements,
  batches: readonly EngineBatch[],
  numbers: AccountNumbers,
): Promise<void> {
  const { rows } = await statements.query<{ time: Date; prices: Record<string, number> }>({
    name: 'read equity state',
    text: READ_STATE,
  })
  if (!rows[0]) throw new Error('the projection equity has no watermark')
  const lastPrices = new Map(Object.entries(rows[0].prices))
  let minute = minuteOf(rows[0].time.getTime())
  for (const run of runsByMinute(batches)) {
    if (run.minute > minute) await writePoints(statements, minute + MINUTE_MS, lastPrices)
    await writeRun(statements, run, numbers, lastPrices)
    minute = run.minute
  }
}

async function writePoints(
  statements: Statements,
  time: number,
  lastPrices: ReadonlyMap<string, number>,
): Promise<void> {
  const rates = assetRates(lastPrices)
  const values = [
    new Date(time),
    rates.map(({ asset }) => asset),
    rates.map(({ numerator }) => String(numerator)),
    rates.map(({ denominator }) => String(denominator)),
  ]
  await statements.query({ name: 'insert equity points', text: INSERT_POINTS, values })
}

/** `lastPrices` become those after the run. */
async function writeRun(
  statements: Statements,
  run: MinuteRun,
  numbers: AccountNumbers,
  lastPrices: Map<string, number>,
): Promise<void> {
  const balances = new Map(
    run.batches.flatMap((batch) => batch.balances.map((balance) => [`${balance.accountId} ${balance.asset}`, balance])),
  )
  const touched = [...balances.values()]
  await numbers.load(
    statements,
    touched.map(({ accountId }) => accountId),
  )
  const accounts = accountsWithFlows(run, lastPrices)
  const none = accounts !== 'ALL' && accounts.size === 0
  const flows = foldFlows(
    run,
    accounts,
    none ? new Map() : await readHoldings(statements, accounts, numbers),
    lastPrices,
  )
  await writeFlows(statements, flows, numbers)
  const holdings = touched.map((balance) => ({ ...balance, no: numbers.of(balance.accountId) }))
  // Rows that lie together are changed together: measured, a sixth of the statement.
  holdings.sort((a, b) => a.no - b.no)
  await writeColumns(statements, 'upsert holdings', UPSERT_HOLDINGS, holdings, () => [
    int4s(holdings.map(({ no }) => no)),
    texts(holdings.map(({ asset }) => asset)),
    int8s(holdings.map(({ available, held }) => available + held)),
  ])
  const traded = new Set(
    run.batches.flatMap(({ events }) => events.flatMap((event) => (event.type === 'TRADE' ? [event.symbol] : []))),
  )
  const prices = [...lastPrices].filter(([symbol]) => traded.has(symbol))
  await writeColumns(statements, 'upsert mark prices', UPSERT_PRICES, prices, () => [
    texts(prices.map(([symbol]) => symbol)),
    int8s(prices.map(([, price]) => price)),
  ])
}

async function readHoldings(
  statements: Statements,
  accounts: 'ALL' | ReadonlySet<string>,
  numbers: AccountNumbers,
): Promise<Holdings> {
  const { rows } = await statements.query<{ id: string; asset: string; total: string }>({
    name: 'read holdings',
    text: READ_HOLDINGS,
    values: [accounts === 'ALL' ? null : int4s([...accounts].map((accountId) => numbers.of(accountId)))],
  })
  const holdings: Holdings = new Map()
  for (const { id, asset, total } of rows) {
    const held = holdings.get(id) ?? new Map<string, bigint>()
    holdings.set(id, held.set(asset, BigInt(total)))
  }
  return holdings
}

async function writeFlows(
  statements: Statements,
  flows: readonly EquityFlow[],
  numbers: AccountNumbers,
): Promise<void> {
  await numbers.load(
    statements,
    flows.map(({ accountId }) => accountId),
  )
  const amounts = (of: (flow: EquityFlow) => bigint) => texts(flows.map((each) => String(of(each))))
  await writeColumns(statements, 'insert equity flows', INSERT_FLOWS, flows, () => [
    int4s(flows.map(({ accountId }) => numbers.of(accountId))),
    int8s(flows.map(({ engineSequence }) => engineSequence)),
    int4s(flows.map(({ leg }) => leg)),
    timestamps(flows.map(({ time }) => time)),
    texts(flows.map(({ kind }) => kind)),
    texts(flows.map(({ asset }) => asset)),
    amounts(({ amount }) => amount),
    amounts(({ value }) => value),
    amounts(({ equityBefore }) => equityBefore),
  ])
}
