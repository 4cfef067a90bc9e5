import type { SideCode } from './matcher.ts'

/** What a book changed since the last drain, for whoever publishes it. A book without one writes nothing down. */
export class BookChanges {
  /** Whether anybody will publish what changes now. */
  isKept = true
  private readonly levels: number[] = []
  private readonly orders: number[] = []

  get empty(): boolean {
    return this.levels.length === 0 && this.orders.length === 0
  }

  level(side: SideCode, price: number, volume: number): void {
    if (!this.isKept) return
    const log = this.levels
    const last = log.length - 3
    if (last >= 0 && log[last] === side && log[last + 1] === price) log[last + 2] = volume
    else log.push(side, price, volume)
  }

  order(side: SideCode, id: number, price: number, shown: number, priority: number): void {
    if (this.isKept) this.orders.push(side, id, price, shown, priority)
  }

  /** Each touched level once, as it is now, in the order of the last touch; volume 0: gone. */
  drainLevels(visit: (side: SideCode, price: number, volume: number) => void): void {
    const log = this.levels
    const seen = [new Set<number>(), new Set<number>()] as const
    const newest: number[] = []
    for (let i = log.length - 3; i >= 0; i -= 3) {
      const prices = seen[log[i] as SideCode]
      if (prices.has(log[i + 1]!)) continue
      prices.add(log[i + 1]!)
      newest.push(i)
    }
    for (const i of newest.reverse()) visit(log[i] as SideCode, log[i + 1]!, log[i + 2]!)
    log.length = 0
  }

  /** Each touched order once, as it is now, in the order of the last touch; shown 0: gone. */
  drainOrders(visit: (side: SideCode, id: number, price: number, shown: number, priority: number) => void): void {
    const log = this.orders
    const seen = new Set<number>()
    const newest: number[] = []
    for (let i = log.length - 5; i >= 0; i -= 5) {
      if (seen.has(log[i + 1]!)) continue
      seen.add(log[i + 1]!)
      newest.push(i)
    }
    for (const i of newest.reverse()) visit(log[i] as SideCode, log[i + 1]!, log[i + 2]!, log[i + 3]!, log[i + 4]!)
    log.length = 0
  }
}
