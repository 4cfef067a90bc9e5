import { type OrderFlowMessage, orderFlowChannel } from '@opsource/bus/contracts'
import type { Cache } from '@opsource/cache'
import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'
import type { EngineBatch, EngineEvent, TradeParty } from '../engine/events.ts'
import type { Instrument } from '../market/index.ts'

/** Of each market in a second of engine time: what is beyond is left out, so that watching never costs more than trading. */
const MAX_EVENTS_PER_SECOND = 2_000
/** Messages handed to the cache and not yet sent; beyond it they are left out. */
const MAX_UNSENT_MESSAGES = 1_000
const SECOND_MS = 1_000

type FlowEvent = OrderFlowMessage['events'][number]

/** Tells within the platform, for surveillance, who placed, withdrew and traded what. Readers see by the sequences where something is left out. */
export class OrderFlowPublisher {
  readonly #cache: Pick<Cache, 'publish'>
  readonly #log: Logger
  readonly #dropped: Counter
  readonly #markets: ReadonlyMap<string, { readonly instrument: Instrument; sequence: number }>
  #second = 0
  #inSecond = new Map<string, number>()
  #unsent = 0

  constructor(options: {
    cache: Pick<Cache, 'publish'>
    log: Logger
    metrics: Registry
    instruments: readonly Instrument[]
  }) {
    this.#cache = options.cache
    this.#log = options.log
    this.#markets = new Map(options.instruments.map((instrument) => [instrument.symbol, { instrument, sequence: -1 }]))
    this.#dropped = new Counter({
      name: 'dash33_order_flow_dropped_total',
      help: 'Order events that surveillance was not told of',
      labelNames: ['symbol'],
      registers: [options.metrics],
    })
  }

  take(batch: EngineBatch): void {
    const flows = new Map<string, FlowEvent[]>()
    for (const event of batch.events) {
      const told = flowOf(event)
      if (!told) continue
      const [symbol, flow] = told
      const events = flows.get(symbol)
      if (events) events.push(flow)
      else flows.set(symbol, [flow])
    }
    for (const [symbol, events] of flows) this.#publish(symbol, events, batch)
  }

  #publish(symbol: string, events: FlowEvent[], { lastSequence, time }: EngineBatch): void {
    const market = this.#markets.get(symbol)
    if (!market) return
    const previousSequence = market.sequence
    market.sequence = lastSequence
    if (this.#unsent >= MAX_UNSENT_MESSAGES || this.#exceeds(symbol, events.length, time)) {
      this.#dropped.inc({ symbol }, events.length)
      return
    }
    const { tick, lot } = market.instrument
    const message: OrderFlowMessage = { symbol, sequence: lastSequence, previousSequence, time, tick, lot, events }
    this.#unsent++
    this.#cache
      .publish(orderFlowChannel(symbol), JSON.stringify(message))
      .catch((error: unknown) => this.#log.warn({ err: error, symbol }, 'order flow was not published'))
      .finally(() => this.#unsent--)
  }

  #exceeds(symbol: string, count: number, time: number): boolean {
    const second = Math.floor(time / SECOND_MS)
    if (second !== this.#second) {
      this.#second = second
      this.#inSecond = new Map()
    }
    const total = (this.#inSecond.get(symbol) ?? 0) + count
    this.#inSecond.set(symbol, total)
    return total > MAX_EVENTS_PER_SECOND
  }
}

const partyOf = ({ orderId, accountId, userId }: TradeParty): [string, string, string] => [orderId, accountId, userId]

/** @returns the market and what surveillance is told; undefined of an event that it is not. */
function flowOf(event: EngineEvent): [symbol: string, flow: FlowEvent] | undefined {
  switch (event.type) {
    case 'ORDER_ACCEPTED': {
      const { symbol, orderId, accountId, side, terms, status } = event
      // Nobody sees an order that waits for its trigger, nor what an iceberg hides.
      if (status === 'PENDING') return undefined
      return [symbol, ['P', orderId, accountId, side, terms.price, terms.displayQuantity ?? terms.quantity]]
    }
    case 'ORDER_AMENDED': {
      const { symbol, orderId, accountId, side, reason, price, stopPrice, remainingQuantity } = event
      // What an engine's rule takes off is no will of the owner's; a trigger that is moved nobody sees.
      if (reason !== 'REQUESTED' || stopPrice !== null) return undefined
      return [symbol, ['A', orderId, accountId, side, price, remainingQuantity]]
    }
    case 'ORDER_CANCELLED': {
      const { symbol, orderId, accountId, side, reason } = event
      return [symbol, ['C', orderId, accountId, side, reason === 'REQUESTED' || reason === 'MASS_CANCEL']]
    }
    case 'TRADE': {
      const { symbol, tradeId, price, quantity, takerSide, maker, taker } = event
      return [symbol, ['T', tradeId, price, quantity, takerSide, partyOf(maker), partyOf(taker)]]
    }
    default:
      return undefined
  }
}
