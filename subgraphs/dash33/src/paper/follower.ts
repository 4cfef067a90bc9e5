import type { ClientBase, Pool } from 'pg'
import type { Logger } from 'pino'
import { inTransaction } from '../database.ts'
import { instrumentOf } from '../market/instruments.ts'
import type { PaperOrderParent } from '../parents.ts'
import { minuteOf } from '../portfolio/index.ts'
import { readFeeTiers, readVolumes } from './conditions-store.ts'
import { writeFills } from './fill-store.ts'
import { findTradesBetween, moveWatermark, openSymbols, readProgress, writePoints } from './follower-store.ts'
import { findOrders, writeOrders } from './order-store.ts'
import { type RealTrade, type RestingOrder, reachedBy } from './resting.ts'
import { FeeRates, fillAt, hold, holdOf, type PaperFill, settle } from './settlement.ts'
import { lockWatermark, readBalances, writeBalances } from './store.ts'

/** How long a resting order may hear of a trade after the other projections have it. */
const INTERVAL_MS = 200
/** Keeps one transaction to some 100 ms of work. */
export const MAX_TRADES_PER_ROUND = 2_000

/**
 * Takes the real market's committed trades to the resting paper orders, each once and in order, behind a watermark that moves in the same
 * transaction as what the trades did: a restart loses nothing and doubles nothing. It reads the projected trades and writes nothing but
 * the paper accounts' own tables, so that the exchange never waits for it.
 */
export class MarketFollower {
  readonly #pool: Pool
  readonly #log: Logger
  readonly #projected: () => number
  #followed = -1
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> = Promise.resolve()
  #isRunning = false
  #stopped = false

  /** @param projected the last engine command that the projections contain. */
  constructor({ pool, log, projected }: { pool: Pool; log: Logger; projected: () => number }) {
    this.#pool = pool
    this.#log = log
    this.#projected = projected
  }

  start(): void {
    this.#timer = setInterval(() => this.#wake(), INTERVAL_MS)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer) clearInterval(this.#timer)
    await this.#running
  }

  /** Takes what there is, once. @returns the last engine command whose trades the orders have seen. */
  async follow(): Promise<number> {
    for (;;) {
      const { reached, isLast } = await inTransaction(this.#pool, followOnce)
      this.#followed = reached
      if (isLast || this.#stopped) return reached
    }
  }

  #wake(): void {
    if (this.#isRunning || this.#stopped || this.#projected() <= this.#followed) return
    this.#isRunning = true
    this.#running = this.follow()
      .catch((error: unknown) => this.#log.warn({ err: error }, 'paper orders wait for the market'))
      .then(() => {
        this.#isRunning = false
      })
  }
}

async function followOnce(client: ClientBase): Promise<{ readonly reached: number; readonly isLast: boolean }> {
  const before = await lockWatermark(client, 'UPDATE')
  const projected = await readProgress(client)
  if (projected.engineSequence <= before.engineSequence) return { reached: before.engineSequence, isLast: true }
  const symbols = await openSymbols(client)
  const range = { after: before.engineSequence, through: projected.engineSequence }
  const trades = symbols.length === 0 ? [] : await findTradesBetween(client, symbols, range, MAX_TRADES_PER_ROUND)
  const isLast = trades.length < MAX_TRADES_PER_ROUND
  const reached = isLast ? projected.engineSequence : trades.at(-1)!.engineSequence
  await takeTrades(client, trades)
  const minute = minuteOf(projected.time)
  const isMinuteOver = isLast && minute > before.minute
  if (isMinuteOver) await writePoints(client, minute)
  // Where nothing rests only the place is noted: who forgets it reads the same trades again, and no other commit waits for the disk because of it.
  if (trades.length === 0 && !isMinuteOver) await client.query('SET LOCAL synchronous_commit TO off')
  await moveWatermark(client, reached, isMinuteOver ? minute : before.minute)
  return { reached, isLast }
}

interface Changed {
  order: PaperOrderParent
  readonly fills: PaperFill[]
}

async function takeTrades(client: ClientBase, trades: readonly RealTrade[]): Promise<void> {
  if (trades.length === 0) return
  const open = await findOrders(client, { symbols: [...new Set(trades.map(({ symbol }) => symbol))], openOnly: true })
  const orders = new Map(open.map((order) => [order.id, order]))
  const accountIds = [...new Set(open.map(({ accountId }) => accountId))]
  const balances = await readBalances(client, accountIds)
  const volumes = await readVolumes(client, accountIds, trades[0]!.executedAt)
  const tiers = await readFeeTiers(client)
  const rates = new Map(accountIds.map((id) => [id, new FeeRates(tiers, volumes.get(id) ?? 0n)]))
  const changed = new Map<string, Changed>()
  for (const trade of trades) {
    const resting = [...orders.values()].flatMap((order) => restingOf(order, trade.symbol))
    for (const {
      order: { id },
      ahead,
      filled,
    } of reachedBy(trade, resting)) {
      const change = changed.get(id) ?? { order: orders.get(id)!, fills: [] }
      changed.set(id, change)
      change.order = { ...change.order, ahead }
      if (filled > 0)
        fillOrder(change, trade, filled, balances.get(change.order.accountId)!, rates.get(change.order.accountId)!)
      if (change.order.closedAt === null) orders.set(id, change.order)
      else orders.delete(id)
    }
  }
  const all = [...changed.values()]
  const touched = new Set(all.flatMap(({ order, fills }) => (fills.length > 0 ? [order.accountId] : [])))
  await writeOrders(
    client,
    all.map(({ order }) => order),
  )
  await writeFills(
    client,
    all.flatMap(({ order, fills }) => fills.map((fill) => ({ order, fill }))),
  )
  await writeBalances(client, new Map([...balances].filter(([accountId]) => touched.has(accountId))))
}

/** As a maker, at the order's own price. */
function fillOrder(
  change: Changed,
  { engineSequence, leg, executedAt }: RealTrade,
  quantity: number,
  balances: Parameters<typeof settle>[0],
  rates: FeeRates,
): void {
  const { order } = change
  const instrument = instrumentOf(order.symbol)
  if (order.price === null) throw new Error(`the market order ${order.id} rests`)
  const share = { price: order.price, quantity, engineSequence, leg, isMaker: true, executedAt }
  const fill = fillAt(instrument, order.side, share, rates)
  const released = holdOf(instrument, { side: order.side, price: order.price }, quantity)
  hold(balances, released.asset, -released.amount)
  settle(balances, instrument, order.side, fill)
  change.fills.push(fill)
  const filledQuantity = order.filledQuantity + quantity
  const isFilled = filledQuantity === order.quantity
  change.order = {
    ...order,
    filledQuantity,
    filledQuoteAmount: order.filledQuoteAmount + BigInt(fill.quoteAmount),
    held: order.held - released.amount,
    status: isFilled ? 'FILLED' : 'PARTIALLY_FILLED',
    closedAt: isFilled ? executedAt : null,
  }
}

function restingOf(order: PaperOrderParent, symbol: string): RestingOrder[] {
  if (order.symbol !== symbol || order.price === null) return []
  const { id, accountId, side, price, engineSequence, ahead } = order
  return [
    { id, accountId, symbol, side, price, engineSequence, ahead, remaining: order.quantity - order.filledQuantity },
  ]
}
