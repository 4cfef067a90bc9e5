import type { Exchange } from './exchange.ts'
import type { Sink } from './sink.ts'

/** Mixes everything that happens into the exchange's running hash, and passes it on. */
export class Recorder implements Sink {
  declare private readonly exchange: Exchange
  declare private readonly to: Sink

  constructor(exchange: Exchange, to: Sink) {
    this.exchange = exchange
    this.to = to
  }

  accepted(slot: number): void {
    this.order(1, slot, this.exchange.orders.quantity(slot))
    this.to.accepted(slot)
  }

  triggered(slot: number, lastPrice: number): void {
    this.order(2, slot, lastPrice)
    this.to.triggered(slot, lastPrice)
  }

  amended(slot: number, bySelfTrade: boolean, keptPriority: boolean): void {
    this.order(3, slot, this.exchange.orders.quantity(slot))
    this.exchange.digest.number(this.exchange.orders.pool.price[slot]!)
    this.to.amended(slot, bySelfTrade, keptPriority)
  }

  trade(
    maker: number,
    taker: number,
    price: number,
    quantity: number,
    makerFee: number,
    takerFee: number,
    makerBps: number,
    takerBps: number,
    auction: boolean,
  ): void {
    const { digest, orders } = this.exchange
    this.order(4, maker, quantity)
    digest.number(orders.pool.id[taker]!)
    digest.number(price)
    digest.number(makerFee)
    digest.number(takerFee)
    this.to.trade(maker, taker, price, quantity, makerFee, takerFee, makerBps, takerBps, auction)
  }

  cancelled(slot: number, reason: number): void {
    this.order(5, slot, reason)
    this.exchange.digest.number(this.exchange.orders.remaining(slot))
    this.to.cancelled(slot, reason)
  }

  closed(slot: number): void {
    this.to.closed(slot)
  }

  held(slot: number): void {
    this.to.held(slot)
  }

  statusSet(market: number, reason: number): void {
    const { digest, markets } = this.exchange
    digest.number(6)
    digest.number(market)
    digest.number(markets[market]!.status)
    this.to.statusSet(market, reason)
  }

  uncrossed(market: number, price: number, quantity: number): void {
    const { digest } = this.exchange
    digest.number(7)
    digest.number(market)
    digest.number(price)
    digest.number(quantity)
    this.to.uncrossed(market, price, quantity)
  }

  cancelAllAfter(account: number, at: number): void {
    const { digest } = this.exchange
    digest.number(8)
    digest.number(account)
    digest.number(at)
    this.to.cancelAllAfter(account, at)
  }

  private order(kind: number, slot: number, amount: number): void {
    const { digest, orders } = this.exchange
    digest.number(kind)
    digest.number(orders.pool.id[slot]!)
    digest.number(amount)
  }
}
