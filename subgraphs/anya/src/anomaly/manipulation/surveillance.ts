import { FalseDepth } from './false-depth.ts'
import type { OrderFlowEvent, Suspicion } from './order-flow.ts'
import { QuoteStuffing } from './quote-stuffing.ts'
import { WashTrading } from './wash-trading.ts'

/** Watches a venue's order flow for what looks like manipulation. Bounded in memory; what an event completes is told once. */
export class Surveillance {
  readonly #patterns = [new FalseDepth(), new WashTrading(), new QuoteStuffing()]
  #time = -Infinity

  /** @returns what this event completes; nothing of an event that is older than the newest, which is not learned either */
  observe(event: OrderFlowEvent): readonly Suspicion[] {
    if (!(event.time >= this.#time)) return []
    this.#time = event.time
    return this.#patterns.map((pattern) => pattern.observe(event)).filter((found) => found !== undefined)
  }
}
