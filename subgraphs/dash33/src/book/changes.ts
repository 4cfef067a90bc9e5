import { BUY, SELL, type SideCode } from './matcher.ts'
import { NumberSet } from './number-set.ts'

/** Numbers of one entry: side, price and volume of a level; side, id, price, shown and priority of an order. */
const LEVEL_WIDTH = 3
const ORDER_WIDTH = 5
/** In place of the side: a later entry is about the same. */
const OUTDATED = -1

/** What a book changed since the last drain, for whoever publishes it. A book without one writes nothing down. */
export class BookChanges {
  /** Whether anybody will publish what changes now: the book asks before it notes anything. */
  isKept = true
  private readonly levels: number[] = []
  private readonly orders: number[] = []
  private readonly seen = new NumberSet()

  get empty(): boolean {
    return this.levels.length === 0 && this.orders.length === 0
  }

  level(side: SideCode, price: number, volume: number): void {
    const log = this.levels
    const last = log.length - LEVEL_WIDTH
    if (last >= 0 && log[last] === side && log[last + 1] === price) log[last + 2] = volume
    else log.push(side, price, volume)
  }

  order(side: SideCode, id: number, price: number, shown: number, priority: number): void {
    this.orders.push(side, id, price, shown, priority)
  }

  /** Each touched level once, as it is now, in the order of the last touch; volume 0: gone. */
  drainLevels(visit: (side: SideCode, price: number, volume: number) => void): void {
    const log = this.levels
    const { seen } = this
    seen.begin(log.length / LEVEL_WIDTH)
    for (let i = log.length - LEVEL_WIDTH; i >= 0; i -= LEVEL_WIDTH) {
      if (!seen.add(2 * log[i + 1]! + log[i]!)) log[i] = OUTDATED
    }
    for (let i = 0; i < log.length; i += LEVEL_WIDTH) {
      if (log[i] !== OUTDATED) visit(log[i] === BUY ? BUY : SELL, log[i + 1]!, log[i + 2]!)
    }
    log.length = 0
  }

  /** Each touched order once, as it is now, in the order of the last touch; shown 0: gone. */
  drainOrders(visit: (side: SideCode, id: number, price: number, shown: number, priority: number) => void): void {
    const log = this.orders
    const { seen } = this
    seen.begin(log.length / ORDER_WIDTH)
    for (let i = log.length - ORDER_WIDTH; i >= 0; i -= ORDER_WIDTH) if (!seen.add(log[i + 1]!)) log[i] = OUTDATED
    for (let i = 0; i < log.length; i += ORDER_WIDTH) {
      if (log[i] === OUTDATED) continue
      visit(log[i] === BUY ? BUY : SELL, log[i + 1]!, log[i + 2]!, log[i + 3]!, log[i + 4]!)
    }
    log.length = 0
  }
}
