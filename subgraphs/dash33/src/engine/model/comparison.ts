import { isDeepStrictEqual } from 'node:util'
import type { Ack } from '../acks.ts'
import type { Command } from '../commands.ts'
import { Engine } from '../engine.ts'
import type { EngineEvent, OrderAccepted } from '../events.ts'
import { BatchAudit } from './batch-audit.ts'
import { NaiveExchange } from './naive-exchange.ts'
import { commandOf, opening, START, type Step } from './random-commands.ts'
import { faultsOf, termsOf } from './shape.ts'
import { available, held, levels, queue } from './venue.ts'

/** The engine beside the model, told the same. */
export class Comparison {
  readonly engine = new Engine()
  readonly model = new NaiveExchange()
  readonly audit = new BatchAudit()
  /** How often each answer and event was seen. */
  readonly seen = new Map<string, number>()
  readonly #accepted: OrderAccepted[] = []
  #time = START

  constructor() {
    for (const command of opening) this.tell(command)
  }

  run(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#time += step.after
      this.tell(commandOf(step, this.#accepted))
    }
    this.#compareBalances()
  }

  /** @throws where the two differ, or where the engine breaks a law */
  tell(command: Command): void {
    const expected = this.model.apply(command, this.#time)
    const { batch, acks } = this.engine.applyBatch([command], this.#time)
    const ack = acks[0]!
    if (!isDeepStrictEqual(batch.events, expected.events)) differ('events', command, batch.events, expected.events)
    if (!isDeepStrictEqual(ack, expected.ack) && !isShapeFault(this.model, command, ack, expected.ack)) {
      differ('answer', command, ack, expected.ack)
    }
    this.audit.follow(batch)
    this.#compareBooks(command)
    for (const event of batch.events) {
      if (event.type === 'ORDER_ACCEPTED') this.#accepted.push(event)
      this.#count(nameOf(event))
    }
    this.#count(ack.kind === 'REFUSED' ? `REFUSED ${ack.code} ${'rule' in ack ? ack.rule : ''}`.trim() : ack.kind)
  }

  #count(name: string): void {
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1)
  }

  #compareBooks(command: Command): void {
    const { venue } = this.model
    const orders = [...this.audit.resting.values()]
    for (const market of venue.markets) {
      const { symbol } = market.instrument
      for (const side of ['BUY', 'SELL'] as const) {
        const direction = side === 'BUY' ? -1 : 1
        const here = orders
          .filter((order) => order.symbol === symbol && order.side === side)
          .sort((a, b) => direction * (a.price - b.price) || a.priority - b.priority)
          .map(({ orderId, price, quantity }) => `${orderId} ${price} ${quantity}`)
        const there = queue(venue, market, side).map(({ id, terms, shown }) => `${id} ${terms.price} ${shown}`)
        if (here.join() !== there.join()) differ(`${symbol} ${side}`, command, here, there)
      }
    }
  }

  #compareBalances(): void {
    const { venue } = this.model
    for (const accountId of venue.accounts.keys()) {
      for (const asset of venue.supply.keys()) {
        const here = this.audit.balances.get(`${accountId} ${asset}`) ?? { available: 0, held: 0 }
        const there = { available: available(venue, accountId, asset), held: held(venue, accountId, asset) }
        if (!isDeepStrictEqual(here, there)) differ(`${accountId}'s ${asset}`, null, here, there)
      }
    }
    for (const market of venue.markets) {
      for (const side of ['BUY', 'SELL'] as const) {
        const { symbol } = market.instrument
        const here = this.engine.state.markets.get(symbol)!.levels(side)
        const there = levels(venue, market, side)
        if (!isDeepStrictEqual(here, there)) differ(`levels of ${symbol} ${side}`, null, here, there)
      }
    }
  }
}

/** What an order's terms alone forbid may be the answer whatever else is wrong, and any of it. */
function isShapeFault({ venue }: NaiveExchange, command: Command, here: Ack, there: Ack): boolean {
  if (here.kind !== 'REFUSED' || there.kind !== 'REFUSED') return false
  if (command.kind !== 'PLACE' && command.kind !== 'PLACE_OCO' && command.kind !== 'PLACE_BRACKET') return false
  const all = termsOf(command)
  const market = venue.markets.find(({ instrument }) => instrument.symbol === all[0]!.symbol)
  const faults: string[] = market ? all.flatMap((terms) => faultsOf(terms, market)) : []
  return faults.includes(here.code)
}

function nameOf(event: EngineEvent): string {
  if (event.type === 'TRADE') return event.auction ? 'AUCTION TRADE' : 'TRADE'
  const isTyped = event.type === 'ORDER_CANCELLED' || event.type === 'MARKET_STATUS_SET'
  return isTyped ? `${event.type} ${event.reason}` : event.type
}

function differ(what: string, command: Command | null, here: unknown, there: unknown): never {
  const text = (value: unknown) => JSON.stringify(value, null, 1)
  throw new Error(`${what} differ after ${text(command)}\nengine: ${text(here)}\nmodel: ${text(there)}`)
}
