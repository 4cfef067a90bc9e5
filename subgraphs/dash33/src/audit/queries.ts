import { PROGRAM_ACCOUNTS } from '../accounts/index.ts'
import { INSTRUMENTS } from '../market/index.ts'

/**
 * Each finds where two ways to come to the same amount differ, in minor units: `account` is an id or null for all of them together, and
 * `detail` says which posting, order or row where there is one to name.
 */
const AS = 'account, asset, expected::text, found::text, detail'

const MARKETS = INSTRUMENTS.map(
  ({ symbol, baseAsset, quoteAsset, baseUnitsPerLot, quoteUnitsPerTickLot }) =>
    `('${symbol}', '${baseAsset}', '${quoteAsset}', ${baseUnitsPerLot}::numeric, ${quoteUnitsPerTickLot}::numeric)`,
).join(', ')

const ASSETS_SUM_TO_ZERO = `
  SELECT NULL AS account, asset, 0 AS expected, sum(amount) AS found, NULL AS detail
  FROM ledger_entry GROUP BY asset HAVING sum(amount) <> 0`

const POSTINGS_SUM_TO_ZERO = `
  SELECT string_agg(DISTINCT a.id, ', ') AS account, e.asset, 0 AS expected, sum(e.amount) AS found,
    format('posting %s of command %s', e.posting, e.engine_sequence) AS detail
  FROM ledger_entry e JOIN account a ON a.no = e.account_no
  GROUP BY e.engine_sequence, e.posting, e.asset HAVING sum(e.amount) <> 0`

const BALANCES_ARE_THEIR_ENTRIES = `
  SELECT a.id AS account, asset, coalesce(e.total, 0) AS expected, b.total AS found, NULL AS detail
  FROM balance b FULL JOIN (SELECT account_no, asset, sum(amount) AS total FROM ledger_entry GROUP BY 1, 2) e USING (account_no, asset)
  LEFT JOIN account a ON a.no = account_no WHERE b.total IS DISTINCT FROM coalesce(e.total, 0)`

const HOLDS_ARE_PENDING_TRANSFERS = `
  SELECT a.id AS account, asset, coalesce(p.held, 0) AS expected, coalesce(b.held, 0) AS found, NULL AS detail
  FROM balance b FULL JOIN (SELECT account_no, asset, sum(amount) AS held FROM pending_transfer GROUP BY 1, 2) p USING (account_no, asset)
  LEFT JOIN account a ON a.no = account_no WHERE coalesce(b.held, 0) <> coalesce(p.held, 0)`

/** What only an open order may hold, and what one that is alone on the book must: base for a sell, its price for a buy. */
const PENDING_TRANSFERS_ARE_OPEN_ORDERS = `
  WITH market (symbol, base, quote, base_units, quote_units) AS (VALUES ${MARKETS}),
  open AS (
    SELECT o.id, o.account_no, CASE o.side WHEN 'SELL' THEN m.base ELSE m.quote END AS asset,
      CASE WHEN o.group_id IS NOT NULL THEN NULL
        WHEN o.side = 'SELL' THEN (o.quantity - o.filled_quantity) * m.base_units
        WHEN o.type IN ('LIMIT', 'STOP_LIMIT') THEN (o.quantity - o.filled_quantity) * o.price * m.quote_units END AS held
    FROM exchange_order o JOIN market m USING (symbol) WHERE o.closed_at IS NULL)
  SELECT a.id AS account, coalesce(p.asset, o.asset) AS asset, CASE WHEN o.id IS NULL THEN 0 ELSE o.held END AS expected,
    coalesce(p.amount, 0) AS found, 'order ' || order_id AS detail
  FROM pending_transfer p FULL JOIN (SELECT id AS order_id, * FROM open) o USING (order_id)
  LEFT JOIN account a ON a.no = coalesce(p.account_no, o.account_no)
  WHERE o.id IS NULL OR p.account_no <> o.account_no OR p.asset <> o.asset OR coalesce(p.amount, 0) <> o.held`

const CREDITS_ARE_WHAT_CAME_FROM_OUTSIDE = `
  SELECT 'external' AS account, asset, -coalesce(c.total, 0) AS expected, coalesce(e.total, 0) AS found, NULL AS detail
  FROM (SELECT asset, sum(amount) AS total FROM credit GROUP BY asset) c
  FULL JOIN (SELECT asset, sum(amount) AS total FROM ledger_entry WHERE account_no = 2 GROUP BY asset) e USING (asset)
  WHERE -coalesce(c.total, 0) <> coalesce(e.total, 0)`

/**
 * One posting for one trade or credit, leg by leg. What two programs moved between each other may have been brought forward, and is then
 * in no posting of its own.
 */
const TRADES_AND_CREDITS_ARE_POSTINGS = `
  WITH market (symbol, base, quote, base_units, quote_units) AS (VALUES ${MARKETS}),
  program AS MATERIALIZED (${PROGRAM_ACCOUNTS}),
  forward AS MATERIALIZED (SELECT coalesce(max(engine_sequence), -1) AS through FROM ledger_entry WHERE posting < 0),
  executed AS (
    SELECT t.*, m.base, m.quote,
      CASE t.taker_side WHEN 'BUY' THEN t.taker_account_no ELSE t.maker_account_no END AS buyer,
      CASE t.taker_side WHEN 'BUY' THEN t.maker_account_no ELSE t.taker_account_no END AS seller,
      CASE t.taker_side WHEN 'BUY' THEN t.taker_fee ELSE t.maker_fee END AS buyer_fee,
      CASE t.taker_side WHEN 'BUY' THEN t.maker_fee ELSE t.taker_fee END AS seller_fee
    FROM trade t JOIN market m USING (symbol)
    WHERE t.engine_sequence > (SELECT through FROM forward)
      OR t.maker_account_no NOT IN (SELECT no FROM program) OR t.taker_account_no NOT IN (SELECT no FROM program)),
  expected AS (
    SELECT engine_sequence, leg AS posting, l.account_no, l.asset, sum(l.amount) AS amount
    FROM executed CROSS JOIN LATERAL (VALUES (seller, base, -base_amount), (buyer, base, base_amount - buyer_fee), (1, base, buyer_fee),
      (buyer, quote, -quote_amount), (seller, quote, quote_amount - seller_fee), (1, quote, seller_fee)) AS l (account_no, asset, amount)
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT engine_sequence, 0, l.account_no, asset, l.amount
    FROM credit c CROSS JOIN LATERAL (VALUES (c.account_no, c.amount), (2, -c.amount)) AS l (account_no, amount)
    WHERE engine_sequence > (SELECT through FROM forward) OR c.account_no NOT IN (SELECT no FROM program)),
  posted AS (
    SELECT engine_sequence, posting, account_no, asset, sum(amount) AS amount FROM ledger_entry WHERE posting >= 0 GROUP BY 1, 2, 3, 4)
  SELECT a.id AS account, asset, coalesce(x.amount, 0) AS expected, coalesce(p.amount, 0) AS found,
    format('posting %s of command %s', posting, engine_sequence) AS detail
  FROM expected x FULL JOIN posted p USING (engine_sequence, posting, account_no, asset) LEFT JOIN account a ON a.no = account_no
  WHERE coalesce(x.amount, 0) <> coalesce(p.amount, 0)`

/** One posting, of programs only, no later than the ledger itself. */
const BROUGHT_FORWARD_IS_OF_PROGRAMS = `
  WITH program AS MATERIALIZED (${PROGRAM_ACCOUNTS}), forward AS (SELECT * FROM ledger_entry WHERE posting < 0)
  SELECT a.id AS account, f.asset, 0 AS expected, f.amount AS found, format('brought forward at command %s', f.engine_sequence) AS detail
  FROM forward f JOIN account a ON a.no = f.account_no
  WHERE f.account_no NOT IN (SELECT no FROM program) OR f.engine_sequence <> (SELECT max(engine_sequence) FROM forward)
    OR f.engine_sequence > (SELECT engine_sequence FROM watermark WHERE name = 'ledger')`

/** What is recounted from the database alone. */
export const CHECKS: readonly { readonly name: string; readonly text: string }[] = [
  { name: 'every asset sums to zero', text: ASSETS_SUM_TO_ZERO },
  { name: 'every posting sums to zero', text: POSTINGS_SUM_TO_ZERO },
  { name: 'balances are their entries', text: BALANCES_ARE_THEIR_ENTRIES },
  { name: 'holds are pending transfers', text: HOLDS_ARE_PENDING_TRANSFERS },
  { name: 'pending transfers are open orders', text: PENDING_TRANSFERS_ARE_OPEN_ORDERS },
  { name: 'credits are what came from outside', text: CREDITS_ARE_WHAT_CAME_FROM_OUTSIDE },
  { name: 'trades and credits are postings', text: TRADES_AND_CREDITS_ARE_POSTINGS },
  { name: 'brought forward is of programs', text: BROUGHT_FORWARD_IS_OF_PROGRAMS },
].map(({ name, text }) => ({ name, text: `SELECT ${AS} FROM (${text}) d ORDER BY detail, account, asset` }))
