import { isDeepStrictEqual } from 'node:util'
import type { Ack, Refusal } from '../acks.ts'
import { inadmissible } from '../admission.ts'
import type { Command } from '../commands.ts'
import { checkInvariants } from '../core/invariants.ts'
import { Engine } from '../engine.ts'
import type { EngineEvent, OrderAccepted } from '../events.ts'
import { BatchAudit } from './batch-audit.ts'
import { NaiveExchange } from './naive-exchange.ts'
import { commandOf, opening, START, type Step } from './random-commands.ts'
import { available, held, levels, namesOf, queue } from './venue.ts'

/** The engine beside the model, told the same. */
export class Comparison {
  readonly engine = new Engine()
  readonly model = new NaiveExchange()
  readonly audit = new BatchAudit()
  /** How often each answer and event was seen. */
  readonly seen = new Map<string, number>()
  readonly #accepted: OrderAccepted[] = []
  #time = START

  readonly #change: (command: Command) => Command
  /** Commands told so far. */
  told = 0
  /** What the last command that reached the engine did. */
  last: { readonly ack: Ack; readonly events: readonly EngineEvent[] } | null = null

  /** @param change what becomes of each command before both are told it */
  constructor(change = (command: Command) => command) {
    this.#change = change
    for (const command of opening) this.tell(command)
  }

  run(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#time += step.after
      const open = this.model.venue.orders.map((order) => namesOf(this.model.venue, order))
      this.tell(commandOf(step, this.#accepted, open))
    }
    this.#compareBalances()
  }

  /** @throws where the two differ, or where the engine breaks a law */
  tell(original: Command): void {
    const command = this.#change(original)
    this.told++
    const refusal = inadmissible(command)
    if (refusal) {
      this.#expectRefusal(command, refusal)
      return
    }
    const expected = this.model.apply(command, this.#time)
    const { batch, acks } = this.engine.applyBatch([command], this.#time)
    const ack = acks[0]!
    if (!isDeepStrictEqual(batch.events, expected.events)) differ('events', command, batch.events, expected.events)
    if (!isDeepStrictEqual(ack, expected.ack)) differ('answer', command, ack, expected.ack)
    this.last = { ack, events: batch.events }
    this.audit.follow(batch)
    if (batch.events.length > 0) checkInvariants(this.engine.state.exchange)
    if (batch.events.length + batch.resting.length > 0) this.#compareBooks(command)
    for (const event of batch.events) {
      if (event.type === 'ORDER_ACCEPTED') this.#accepted.push(event)
      this.#count(nameOf(event))
    }
    this.#count(ack.kind === 'REFUSED' ? `REFUSED ${ack.code} ${'rule' in ack ? ack.rule : ''}`.trim() : ack.kind)
  }

  /** What never reaches the engine the model refuses too, for this or another reason. */
  #expectRefusal(command: Command, refusal: Refusal): void {
    const { venue } = this.model
    const { ack, events } = this.model.apply(command, this.#time)
    venue.sequence--
    if (ack.kind !== 'REFUSED' || events.length > 0) differ('answers', command, refusal, ack)
    this.#count(`INADMISSIBLE ${refusal.code}`)
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

function nameOf(event: EngineEvent): string {
  if (event.type === 'TRADE') return event.auction ? 'AUCTION TRADE' : 'TRADE'
  if (event.type === 'ORDER_ACCEPTED' && event.terms.displayQuantity !== null) return 'ICEBERG ACCEPTED'
  if (event.type === 'MARKET_STATUS_SET' && event.recording !== null) return 'RECORDING BEGUN'
  const hasReason = 'reason' in event && !('changedBy' in event)
  return hasReason ? `${event.type} ${event.reason}` : event.type
}

function differ(what: string, command: Command | null, here: unknown, there: unknown): never {
  const [ours, theirs] = Array.isArray(here) && Array.isArray(there) ? withoutEqual(here, there) : [here, there]
  const text = (value: unknown) => JSON.stringify(value)
  throw new Error(`${what} differ after ${text(command)}\nengine: ${text(ours)}\nmodel:  ${text(theirs)}`)
}

/** From the first that differs on. */
function withoutEqual(here: readonly unknown[], there: readonly unknown[]): [unknown[], unknown[]] {
  const from = here.findIndex((each, index) => !isDeepStrictEqual(each, there[index]))
  const first = from === -1 ? here.length : from
  return [here.slice(first), there.slice(first)]
}
