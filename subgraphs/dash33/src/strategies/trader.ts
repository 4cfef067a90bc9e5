import type { CloudEvent, EventOf, Subscription, Transport } from '@opsource/bus'
import { parseEvent } from '@opsource/bus'
import type { Clock } from '@opsource/kernel'
import type { ClientBase, Pool } from 'pg'
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
  switchOff,
  switchOn,
  withdrawAccess,
  writeDecision,
  writeOutcome,
} from './store.ts'
import {
  clientOrderIdOf,
  dayOf,
  decide,
  type Forecast,
  profitOf,
  type Standing,
  type Strategy,
  type Touch,
} from './strategy.ts'

/** Forecasts that wait for their turn: more than half an hour's at one every few seconds, most of them late by then. */
const MAX_WAITING_FORECASTS = 500

export interface StrategyTraderOptions {
  readonly engine: Pick<EngineClient, 'submit'>
  /** Adds a listener for what the engine does. @returns its removal. */
  readonly onBatch: EngineClient['onBatch']
  /** Resolves once the stored orders and trades contain all that the engine has done; rejects while it is away. */
  readonly recorded: (symbol: string) => Promise<void>
  readonly feeds: ReadonlyMap<string, Pick<MarketFeed, 'market'>>
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
  /** Null before the first forecast, while an order is on its way, and after one of which nobody could tell what became of it: the record does. */
  standing: Standing | null
  waiting: number
}

/**
 * Trades on forecasts for the strategies that are on. A forecast that nobody hears, or hears late, causes nothing; one that is heard twice
 * causes one order: the decision is written under strategy and forecast before the order is sent, and both make its key.
 */
export class StrategyTrader {
  readonly #options: StrategyTraderOptions
  readonly #running = new Map<string, Running>()
  /** What is done about each strategy, one after the other: it is never switched while an order of its is on the way. */
  readonly #turns = new Map<string, Promise<unknown>>()
  #listening: Subscription | null = null
  #stopFollowing: () => void = () => {}

  constructor(options: StrategyTraderOptions) {
    this.#options = options
  }

  /** Settles what an earlier life left open, and goes on with the strategies that were on. */
  async start(): Promise<void> {
    const { prisma, pool, transport, onBatch } = this.#options
    for (const outcome of await findUnanswered(pool, null)) await writeOutcome(pool, outcome)
    for (const strategy of await findEnabled(prisma)) this.#run(strategy)
    this.#stopFollowing = onBatch((batch) => this.#obeySwitches(batch))
    this.#listening = await transport.listen(['prediction.made'], (events) => this.#hear(events))
  }

  async stop(): Promise<void> {
    this.#stopFollowing()
    await this.#listening?.close()
    this.#running.clear()
    await Promise.all(this.#turns.values())
  }

  /** Switches a strategy on: it acts on the forecasts from now on. */
  enable(strategy: Strategy): Promise<void> {
    return this.#inTurn(strategy.id, async () => {
      // A kill switch that is engaged meanwhile finds it here.
      const running = this.#run(strategy)
      try {
        await switchOn(this.#options.prisma, strategy.id)
      } catch (error) {
        if (this.#running.get(strategy.id) === running) this.#running.delete(strategy.id)
        throw error
      }
    })
  }

  /** Switches a strategy off; an order that is on its way is the last. */
  disable(strategyId: string, because: StopReason): Promise<void> {
    this.#running.delete(strategyId)
    return this.#inTurn(strategyId, async () => {
      this.#running.delete(strategyId)
      if (await switchOff(this.#options.prisma, strategyId, because)) this.#options.metrics.stopped(because)
    })
  }

  /** Switches off the strategies of users who may not trade any more, within the transaction that takes the news. */
  async heed(changes: readonly EventOf<'user.changed'>[], client: ClientBase): Promise<void> {
    const gone = new Set(
      changes.filter(({ data }) => data.disabled || !data.roles.includes('TRADER')).map(({ data }) => data.userId),
    )
    if (gone.size === 0) return
    const running = [...this.#running.values()].filter(({ strategy }) => gone.has(strategy.userId))
    for (const { strategy } of running) this.#running.delete(strategy.id)
    // Whatever is on its way is the last, and nothing that it writes can switch them on again.
    await Promise.all(running.map(({ strategy }) => this.#turns.get(strategy.id)))
    await withdrawAccess(client, [...gone])
    for (const _ of running) this.#options.metrics.stopped('ACCESS_WITHDRAWN')
  }

  #run(strategy: Strategy): Running {
    const running: Running = { strategy, instrument: instrumentOf(strategy.symbol), standing: null, waiting: 0 }
    this.#running.set(strategy.id, running)
    return running
  }

  #inTurn<T>(strategyId: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#turns.get(strategyId) ?? Promise.resolve()).then(work)
    const turn = done
      .catch(() => {})
      .then(() => {
        if (this.#turns.get(strategyId) === turn) this.#turns.delete(strategyId)
      })
    this.#turns.set(strategyId, turn)
    return done
  }

  async #hear(events: readonly CloudEvent[]): Promise<void> {
    for (const event of events) {
      const { data } = parseEvent(event, ['prediction.made'])
      const forecast = { ...data, madeAt: Date.parse(data.madeAt) }
      for (const running of this.#running.values()) {
        if (running.strategy.symbol === forecast.symbol) this.#enqueue(running, forecast)
      }
    }
  }

  #enqueue(running: Running, forecast: Forecast): void {
    if (running.waiting >= MAX_WAITING_FORECASTS) return
    running.waiting++
    const { id } = running.strategy
    this.#inTurn(id, () => this.#act(running, forecast))
      .catch((error: unknown) => {
        this.#options.log.error({ err: error, strategyId: id }, 'a strategy could not act on a forecast')
      })
      .finally(() => running.waiting--)
  }

  async #act(running: Running, forecast: Forecast): Promise<void> {
    const { strategy, instrument } = running
    if (!this.#isOn(running)) return
    const { clock, metrics, pool } = this.#options
    if (running.standing?.day !== dayOf(clock.now())) running.standing = await this.#settle(running)
    const { standing } = running
    const now = clock.now()
    const touch = this.#touchOf(strategy.symbol)
    if (touch === null || !this.#isOn(running)) return
    const decision = decide(strategy, instrument, forecast, standing, touch, now)
    metrics.decided(decision)
    if (decision.kind === 'STOP') this.#stopSoon(running, decision.because)
    if (decision.kind !== 'ORDER') return
    const { side, quantity, price } = decision
    const { predictionId } = forecast
    const order = { strategyId: strategy.id, predictionId, side, quantity, price, decidedAt: now }
    running.standing = null
    const isNew = await writeDecision(pool, order)
    running.standing = isNew ? await this.#place(running, standing, order) : standing
  }

  /** @returns where the strategy stands after the order; null where nobody can tell yet what became of it. */
  async #place(running: Running, standing: Standing, order: OrderDecision): Promise<Standing | null> {
    const { engine, pool, wrote } = this.#options
    const [ack] = await engine.submit([placing(running.strategy, order)])
    if (!ack || (ack.kind === 'REFUSED' && ack.code === 'OUTCOME_UNKNOWN')) return null
    if (ack.kind === 'PLACED') wrote(ack.order.accountId, ack.order.engineSequence)
    if (ack.kind === 'REFUSED' && ack.code === 'KILL_SWITCH_ENGAGED') this.#stopSoon(running, 'KILL_SWITCH')
    const outcome = outcomeOf(order, running.instrument, ack)
    await writeOutcome(pool, outcome)
    return {
      ...standing,
      position: standing.position + outcome.baseChange,
      cash: standing.cash + outcome.quoteChange,
      ordersToday: standing.ordersToday + 1,
    }
  }

  /** Reads from the record what became of orders whose answers were lost, and where the strategy stands today. */
  async #settle({ strategy, instrument }: Running): Promise<Standing> {
    const { pool, clock, recorded } = this.#options
    await recorded(strategy.symbol)
    for (const outcome of await findUnanswered(pool, strategy.id)) await writeOutcome(pool, outcome)
    const day = dayOf(clock.now())
    return findStanding(pool, strategy, day, (before, price) => profitOf(instrument, before, price))
  }

  #isOn(running: Running): boolean {
    return this.#running.get(running.strategy.id) === running
  }

  #obeySwitches(batch: EngineBatch): void {
    for (const event of batch.events) {
      if (event.type !== 'KILL_SWITCH_SET' || !event.engaged) continue
      for (const running of this.#running.values())
        if (isInScope(running.strategy, event)) this.#stopSoon(running, 'KILL_SWITCH')
    }
  }

  /** Acts on nothing more at once; the rest follows. */
  #stopSoon(running: Running, because: StopReason): void {
    if (!this.#isOn(running)) return
    const { log } = this.#options
    const strategyId = running.strategy.id
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
