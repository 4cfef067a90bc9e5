import type { CloudEvent, Subscription, Transport } from '@opsource/bus'
import { parseEvent } from '@opsource/bus'
import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { accountIdOf } from '../accounts/index.ts'
import type { PrismaClient } from '../database.ts'
import type { Ack } from '../engine/acks.ts'
import type { EngineClient } from '../engine/client.ts'
import type { PlaceOrder } from '../engine/commands.ts'
import type { EngineBatch, KillSwitchSet } from '../engine/events.ts'
import { baseAmount, type Instrument, instrumentOf } from '../market/instruments.ts'
import type { MarketFeed } from '../market-data/index.ts'
import type { StrategyMetrics } from './observe.ts'
import {
  findEnabled,
  findStanding,
  findUnanswered,
  type OrderDecision,
  type OrderOutcome,
  type StopReason,
  setEnabled,
  writeDecision,
  writeOutcome,
} from './store.ts'
import {
  clientOrderIdOf,
  dayOf,
  decide,
  type Forecast,
  onDayOf,
  profitOf,
  type Standing,
  type Strategy,
  type Touch,
} from './strategy.ts'

/** An answer that may have been lost is asked for again: the same key never places twice. */
const ANSWER_ATTEMPTS = 5

export interface StrategyTraderOptions {
  readonly engine: Pick<EngineClient, 'submit'>
  /** Adds a listener for what the engine does. @returns its removal. */
  readonly onBatch: EngineClient['onBatch']
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly transport: Transport
  readonly prisma: PrismaClient
  readonly pool: Pool
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: StrategyMetrics
  readonly wrote: (accountId: string, engineSequence: number) => void
}

interface Running {
  readonly strategy: Strategy
  readonly instrument: Instrument
  standing: Standing
  /** One decision after the other. */
  work: Promise<void>
}

/**
 * Trades on forecasts for the strategies that are on. A forecast that nobody hears, or hears late, causes nothing; one that is heard twice
 * causes one order: the decision is written under strategy and forecast before the order is sent, and both make its key.
 */
export class StrategyTrader {
  readonly #options: StrategyTraderOptions
  readonly #running = new Map<string, Running>()
  #listening: Subscription | null = null
  #stopFollowing: () => void = () => {}

  constructor(options: StrategyTraderOptions) {
    this.#options = options
  }

  /** Settles what an earlier life left open, and goes on with the strategies that were on. */
  async start(): Promise<void> {
    const { prisma, pool, transport, onBatch } = this.#options
    for (const outcome of await findUnanswered(pool)) await writeOutcome(pool, outcome)
    for (const strategy of await findEnabled(prisma)) await this.#run(strategy)
    this.#stopFollowing = onBatch((batch) => this.#obeySwitches(batch))
    this.#listening = await transport.listen(['prediction.made'], (events) => this.#hear(events))
  }

  async stop(): Promise<void> {
    this.#stopFollowing()
    await this.#listening?.close()
    const working = [...this.#running.values()].map(({ work }) => work)
    this.#running.clear()
    await Promise.all(working)
  }

  /** Switches a strategy on: it acts on the forecasts from now on. */
  async enable(strategy: Strategy): Promise<void> {
    await setEnabled(this.#options.prisma, strategy.id, null)
    await this.#run(strategy)
  }

  /** Switches a strategy off; an order that is on its way is the last. */
  async disable(strategyId: string, because: StopReason): Promise<void> {
    const running = this.#running.get(strategyId)
    this.#running.delete(strategyId)
    await running?.work
    await setEnabled(this.#options.prisma, strategyId, because)
    this.#options.metrics.stopped(because)
  }

  async #run(strategy: Strategy): Promise<void> {
    const instrument = instrumentOf(strategy.symbol)
    const day = dayOf(this.#options.clock.now())
    const standing = await findStanding(this.#options.pool, strategy, day, (before, price) =>
      profitOf(instrument, before, price),
    )
    this.#running.set(strategy.id, { strategy, instrument, standing, work: Promise.resolve() })
  }

  async #hear(events: readonly CloudEvent[]): Promise<void> {
    for (const event of events) {
      const { data } = parseEvent(event, ['prediction.made'])
      const forecast = { ...data, madeAt: Date.parse(data.madeAt) }
      for (const running of this.#running.values()) {
        if (running.strategy.symbol === forecast.symbol) this.#enqueue(running, () => this.#act(running, forecast))
      }
    }
  }

  #enqueue(running: Running, work: () => Promise<void>): void {
    running.work = running.work.then(work).catch((error: unknown) => {
      this.#options.log.error({ err: error, strategyId: running.strategy.id }, 'a strategy could not act on a forecast')
    })
  }

  async #act(running: Running, forecast: Forecast): Promise<void> {
    const { strategy, instrument } = running
    const touch = this.#touchOf(strategy.symbol)
    if (touch === null || this.#running.get(strategy.id) !== running) return
    const now = this.#options.clock.now()
    running.standing = onDayOf(now, running.standing, profitOf(instrument, running.standing, touch.bid))
    const decision = decide(strategy, instrument, forecast, running.standing, touch, now)
    this.#options.metrics.decided(decision)
    if (decision.kind === 'STOP') this.#stopSoon(strategy.id, decision.because)
    if (decision.kind !== 'ORDER') return
    const { side, quantity, price } = decision
    const { predictionId } = forecast
    const order = { strategyId: strategy.id, predictionId, side, quantity, price, decidedAt: now }
    if (!(await writeDecision(this.#options.pool, order))) return
    await this.#place(running, order)
  }

  async #place(running: Running, order: OrderDecision): Promise<void> {
    const { strategy } = running
    const ack = await this.#submit(placing(strategy, order))
    if (ack === null) return
    const outcome = outcomeOf(order, running.instrument, ack)
    await writeOutcome(this.#options.pool, outcome)
    const { standing } = running
    running.standing = {
      ...standing,
      position: standing.position + outcome.baseChange,
      cash: standing.cash + outcome.quoteChange,
      ordersToday: standing.ordersToday + 1,
    }
    if (ack.kind === 'PLACED') this.#options.wrote(ack.order.accountId, ack.order.engineSequence)
    if (ack.kind === 'REFUSED' && ack.code === 'KILL_SWITCH_ENGAGED') this.#stopSoon(strategy.id, 'KILL_SWITCH')
  }

  /** @returns null where nobody can tell what became of it: the next start reads it from the record. */
  async #submit(command: PlaceOrder): Promise<Ack | null> {
    for (let attempt = 0; attempt < ANSWER_ATTEMPTS; attempt++) {
      const [ack] = await this.#options.engine.submit([command])
      if (ack && !(ack.kind === 'REFUSED' && ack.code === 'OUTCOME_UNKNOWN')) return ack
    }
    return null
  }

  #obeySwitches(batch: EngineBatch): void {
    for (const event of batch.events) {
      if (event.type !== 'KILL_SWITCH_SET' || !event.engaged) continue
      for (const { strategy } of this.#running.values())
        if (isInScope(strategy, event)) this.#stopSoon(strategy.id, 'KILL_SWITCH')
    }
  }

  /** Acts on nothing more at once; the rest follows. */
  #stopSoon(strategyId: string, because: StopReason): void {
    this.#running.delete(strategyId)
    const { log } = this.#options
    log.warn({ strategyId, because }, 'strategy stopped')
    this.disable(strategyId, because).catch((error: unknown) => {
      log.error(
        { err: error, strategyId },
        'a strategy is off, which could not be written: the next start has it on again',
      )
    })
  }

  #touchOf(symbol: string): Touch | null {
    const market = this.#options.feeds.get(symbol)?.market
    const bid = market?.bids.best(1)[0]?.[0]
    const ask = market?.asks.best(1)[0]?.[0]
    return market?.status === 'TRADING' && bid !== undefined && ask !== undefined ? { bid, ask } : null
  }
}

function isInScope({ userId, symbol }: Strategy, { scope, target }: KillSwitchSet): boolean {
  if (scope === 'VENUE') return true
  return target === (scope === 'MARKET' ? symbol : accountIdOf(userId))
}

/** Takes what there is at once and never rests: what is left of a forecast is worth nothing. */
function placing({ id, userId, symbol }: Strategy, { predictionId, side, quantity, price }: OrderDecision): PlaceOrder {
  return {
    kind: 'PLACE',
    accountId: accountIdOf(userId),
    clientOrderId: clientOrderIdOf(id, predictionId),
    symbol,
    side,
    type: 'LIMIT',
    timeInForce: 'IOC',
    price,
    quantity,
    stopPrice: null,
    trailingAmount: null,
    trailingBps: null,
    displayQuantity: null,
    postOnly: false,
    selfTradePrevention: 'EXPIRE_TAKER',
    expiresAt: null,
  }
}

function outcomeOf(order: OrderDecision, instrument: Instrument, ack: Ack): OrderOutcome {
  const { strategyId, predictionId, side } = order
  const named = { strategyId, predictionId }
  if (ack.kind !== 'PLACED') {
    const outcome = ack.kind === 'REFUSED' ? ack.code : ack.kind
    return { ...named, outcome, orderId: null, baseChange: 0n, quoteChange: 0n }
  }
  const base = ack.fills.reduce((sum, fill) => sum + BigInt(baseAmount(instrument, fill.quantity)), 0n)
  const quote = ack.fills.reduce((sum, fill) => sum + BigInt(fill.quoteAmount), 0n)
  const fees = ack.fills.reduce((sum, fill) => sum + BigInt(fill.fee), 0n)
  const changes =
    side === 'BUY' ? { baseChange: base - fees, quoteChange: -quote } : { baseChange: -base, quoteChange: quote - fees }
  return { ...named, outcome: 'PLACED', orderId: ack.order.orderId, ...changes }
}
