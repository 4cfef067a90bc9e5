import { BUY, type SideCode } from './matcher.ts'

/** An order as a plain object. */
export interface ListOrder {
  readonly id: number
  readonly side: SideCode
  readonly price: number
  readonly owner: number
  readonly peak: number
  shown: number
  hidden: number
}

export interface ListFill {
  readonly maker: number
  readonly price: number
  readonly quantity: number
}

/** What decides where a match of the list book ends. */
export interface ListTerms {
  readonly side: SideCode
  readonly limit: number
  readonly owner: number
  /** Whether the taker trades with its owner's orders, stops, takes them away, or takes the smaller off both. */
  readonly selfTrade: 'TRADE' | 'STOP' | 'REMOVE' | 'DECREMENT'
  /** Prices beyond it are not admitted. */
  readonly band: number
  /** Lots that it can pay for, whatever the price. */
  readonly budget: number
}

/** The oracle of the book's tests: one array in order of arrival, searched whole. Slow, and short enough to be seen to be right. */
export class ListBook {
  orders: ListOrder[] = []

  /** @returns the fills, and the lots that are left */
  match(quantity: number, terms: ListTerms): { fills: ListFill[]; left: number } {
    const fills: ListFill[] = []
    let left = quantity
    let budget = terms.budget
    while (left > 0) {
      const maker = this.side(terms.side === BUY ? 1 : 0)[0]
      if (!maker || worse(terms.side, maker.price, terms.limit) || worse(terms.side, maker.price, terms.band)) break
      if (maker.owner === terms.owner && terms.selfTrade !== 'TRADE') {
        if (terms.selfTrade === 'STOP') break
        const gone =
          terms.selfTrade === 'REMOVE' ? maker.shown + maker.hidden : Math.min(left, maker.shown + maker.hidden)
        if (terms.selfTrade === 'DECREMENT') left -= gone
        this.reduce(maker.id, gone)
        continue
      }
      const lots = Math.min(left, maker.shown, budget)
      if (lots === 0) break
      left -= lots
      budget -= lots
      maker.shown -= lots
      if (maker.shown === 0) this.#refresh(maker)
      fills.push({ maker: maker.id, price: maker.price, quantity: lots })
    }
    return { fills, left }
  }

  rest(order: ListOrder): void {
    this.orders.push(order)
  }

  remove(id: number): void {
    this.orders = this.orders.filter((order) => order.id !== id)
  }

  reduce(id: number, by: number): void {
    const order = this.orders.find((each) => each.id === id)!
    const hidden = Math.min(by, order.hidden)
    order.hidden -= hidden
    order.shown -= by - hidden
    if (order.shown === 0) this.remove(id)
  }

  trade(id: number, lots: number): void {
    const order = this.orders.find((each) => each.id === id)!
    const left = order.shown + order.hidden - lots
    order.shown = order.peak > 0 ? Math.min(order.peak, left) : left
    order.hidden = left - order.shown
    if (left === 0) this.remove(id)
  }

  /** By priority: better price first, then who came first. */
  side(side: SideCode): ListOrder[] {
    const better = side === BUY ? -1 : 1
    return this.orders.filter((order) => order.side === side).sort((a, b) => better * (a.price - b.price))
  }

  levels(side: SideCode): [price: number, volume: number][] {
    const levels = new Map<number, number>()
    for (const { price, shown } of this.side(side)) levels.set(price, (levels.get(price) ?? 0) + shown)
    return [...levels]
  }

  #refresh(maker: ListOrder): void {
    this.remove(maker.id)
    if (maker.hidden === 0) return
    maker.shown = Math.min(maker.peak, maker.hidden)
    maker.hidden -= maker.shown
    this.orders.push(maker)
  }
}

const worse = (side: SideCode, price: number, limit: number) => (side === BUY ? price > limit : price < limit)
