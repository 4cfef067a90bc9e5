import type { OrderTerms } from '../commands.ts'
import type { EngineBatch, EngineEvent, HoldChange, RestingChange, Trade } from '../events.ts'

interface KnownOrder {
  readonly terms: OrderTerms
  /** Its pair, where it is a leg of one. */
  readonly pairId: string | null
  price: number | null
  quantity: number
  filled: number
  closed: boolean
}

/** Follows an engine by nothing but what it hands out, and holds every batch to the laws of an exchange. Amounts are counted in BigInt. */
export class BatchAudit {
  readonly levels = new Map<string, number>()
  readonly resting = new Map<string, RestingChange>()
  readonly balances = new Map<string, { available: number; held: number }>()
  readonly #holds = new Map<string, HoldChange>()
  readonly #orders = new Map<string, KnownOrder>()
  readonly #supply = new Map<string, bigint>()
  readonly #fees = new Map<string, bigint>()
  readonly #trading = new Map<string, boolean>()
  readonly #tradeIds = new Set<string>()
  /** Of each pair the leg that has traded. */
  readonly #tradedLegs = new Map<string, string>()

  /** @param batch of one command @throws where it breaks a law */
  follow(batch: EngineBatch): void {
    for (const event of batch.events) this.#event(event)
    for (const { symbol, side, price, quantity } of batch.levels) {
      const key = `${symbol} ${side} ${price}`
      if (quantity === 0) this.levels.delete(key)
      else this.levels.set(key, quantity)
    }
    for (const change of batch.resting) {
      if (change.quantity === 0) this.resting.delete(change.orderId)
      else this.resting.set(change.orderId, change)
    }
    for (const { accountId, asset, available, held } of batch.balances) {
      this.balances.set(`${accountId} ${asset}`, { available, held })
    }
    for (const change of batch.holds) {
      if (change.held === 0) this.#holds.delete(change.orderId)
      else this.#holds.set(change.orderId, change)
    }
    if (batch.events.length + batch.levels.length + batch.resting.length > 0) this.#bookLaws()
    if (batch.events.length + batch.balances.length + batch.holds.length > 0) this.#moneyLaws()
  }

  #event(event: EngineEvent): void {
    switch (event.type) {
      case 'CREDITED':
        count(this.#supply, event.asset, event.amount)
        break
      case 'ORDER_ACCEPTED': {
        const { terms } = event
        const pairId = event.role === 'ENTRY' ? null : event.groupId
        must(!this.#orders.has(event.orderId), 'an order id is used once')
        const { price, quantity } = terms
        this.#orders.set(event.orderId, { terms, pairId, price, quantity, filled: 0, closed: false })
        break
      }
      case 'ORDER_AMENDED':
        Object.assign(this.#open(event.orderId), { price: event.price, quantity: event.quantity })
        break
      case 'ORDER_TRIGGERED':
        this.#open(event.orderId).quantity = event.quantity
        break
      case 'ORDER_CANCELLED': {
        const order = this.#open(event.orderId)
        must(event.filledQuantity === order.filled, 'a cancelled order keeps what it traded')
        must(
          event.filledQuantity + event.cancelledQuantity === order.quantity,
          'traded and cancelled are all of an order',
        )
        const isWhole = order.terms.timeInForce !== 'FOK' || order.filled === 0
        must(isWhole || order.terms.selfTradePrevention === 'DECREMENT', 'FOK trades whole or not at all')
        order.closed = true
        break
      }
      case 'MARKET_STATUS_SET':
        this.#trading.set(event.symbol, event.status === 'TRADING')
        break
      case 'TRADE':
        this.#trade(event)
    }
  }

  #trade(trade: Trade): void {
    const { maker, taker, price, quantity, symbol, auction } = trade
    must(quantity > 0 && price > 0, 'a trade is of something')
    must(!this.#tradeIds.has(trade.tradeId), 'a trade id is used once')
    this.#tradeIds.add(trade.tradeId)
    must(maker.side !== taker.side && trade.takerSide === taker.side, 'a buyer meets a seller')
    const [resting, incoming] = [this.#open(maker.orderId), this.#open(taker.orderId)]
    must(auction || price === resting.price, "a trade happens at the maker's price")
    must(auction || !incoming.terms.postOnly, 'post-only never takes')
    const isSelfTrade = maker.accountId === taker.accountId
    must(!isSelfTrade || auction || incoming.terms.selfTradePrevention === 'NONE', 'nobody trades with themselves')
    for (const [order, party] of [
      [resting, maker],
      [incoming, taker],
    ] as const) {
      if (order.pairId) {
        must((this.#tradedLegs.get(order.pairId) ?? party.orderId) === party.orderId, 'of a pair one leg trades')
        this.#tradedLegs.set(order.pairId, party.orderId)
      }
      order.filled += quantity
      must(order.filled === party.filledQuantity, 'filled is the sum of the trades')
      must(order.quantity - order.filled === party.remainingQuantity, 'remaining is what did not trade')
      const limit = order.terms.type === 'LIMIT' || order.terms.type === 'STOP_LIMIT' ? order.price : order.terms.price
      const isWorse = limit !== null && (party.side === 'BUY' ? price > limit : price < limit)
      must(!isWorse, 'nobody trades beyond their limit')
      order.closed = party.status === 'FILLED'
    }
    const [buyer, seller] = taker.side === 'BUY' ? [taker, maker] : [maker, taker]
    const [baseAsset, quoteAsset] = symbol.split('-') as [string, string]
    count(this.#fees, baseAsset, buyer.fee)
    count(this.#fees, quoteAsset, seller.fee)
  }

  #open(orderId: string): KnownOrder {
    const order = this.#orders.get(orderId)
    must(order !== undefined && !order.closed, 'only open orders are heard of')
    return order!
  }

  /** Levels are the sum of their orders; what must not rest does not; a trading market is not crossed. */
  #bookLaws(): void {
    const sums = new Map<string, number>()
    const best = new Map<string, number>()
    for (const { orderId, symbol, side, price, quantity } of this.resting.values()) {
      const key = `${symbol} ${side} ${price}`
      sums.set(key, (sums.get(key) ?? 0) + quantity)
      const order = this.#open(orderId)
      const { timeInForce, type, displayQuantity } = order.terms
      must(timeInForce !== 'IOC' && timeInForce !== 'FOK', 'IOC and FOK never rest')
      must(type === 'LIMIT' || type === 'STOP_LIMIT', 'only limits rest')
      must(price === order.price, 'an order rests at its price')
      must(
        quantity <= (displayQuantity ?? order.quantity - order.filled),
        'an iceberg shows its display quantity at most',
      )
      const top = best.get(`${symbol} ${side}`)
      if (top === undefined || (side === 'BUY' ? price > top : price < top)) best.set(`${symbol} ${side}`, price)
    }
    must(sums.size === this.levels.size, 'levels are those of the orders')
    for (const [key, quantity] of sums) must(this.levels.get(key) === quantity, 'levels are the sum of their orders')
    for (const [key, bid] of best) {
      const [symbol, side] = key.split(' ') as [string, string]
      const ask = best.get(`${symbol} SELL`)
      const isCrossed = side === 'BUY' && ask !== undefined && bid >= ask
      must(!isCrossed || this.#trading.get(symbol) === false, 'a trading market is not crossed')
    }
  }

  /** Nothing is made or lost; what is held is what orders hold; nothing is below zero. */
  #moneyLaws(): void {
    const held = new Map<string, bigint>()
    for (const { accountId, asset, held: amount } of this.#holds.values()) count(held, `${accountId} ${asset}`, amount)
    const totals = new Map(this.#fees)
    for (const [key, balance] of this.balances) {
      must(balance.available >= 0 && balance.held >= 0, 'no balance is below zero')
      must(BigInt(balance.held) === (held.get(key) ?? 0n), 'held is the sum of what orders hold')
      count(totals, key.split(' ')[1]!, balance.available + balance.held)
    }
    for (const [asset, supply] of this.#supply) must(totals.get(asset) === supply, 'nothing is made or lost')
  }
}

function count(sums: Map<string, bigint>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0n) + BigInt(amount))
}

/** `expect` costs more than an engine does, and this runs after each of many commands. */
function must(holds: boolean, law: string): void {
  if (!holds) throw new Error(`broken: ${law}`)
}
