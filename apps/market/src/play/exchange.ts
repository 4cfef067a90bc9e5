import type { Clock } from '@opsource/kernel'
import { GraphClient, LiveClient, MARKETS, marketsAnswer } from '../graph/index.ts'
import { Instrument } from '../recording/index.ts'
import { Operator, Trader } from '../session/index.ts'

/** The API keys of the three accounts that the market works with. */
export interface MarketKeys {
  readonly maker: string
  readonly taker: string
  readonly operator: string
}

export interface Asset {
  readonly code: string
  readonly scale: number
}

/** A market of the exchange, with the assets that it trades. */
export interface Listing {
  readonly instrument: Instrument
  readonly base: Asset
  readonly quote: Asset
}

/** Told when the exchange does not answer, and for how long it did not once it does again. */
export interface Absence {
  away(reason: string): void
  back(awayMs: number): void
}

/** The exchange, seen from outside: three clients of its graph, and live subscriptions. */
export class Exchange {
  readonly maker: Trader
  readonly taker: Trader
  readonly operator: Operator
  readonly live: LiveClient
  readonly #clients: readonly GraphClient[]
  readonly #clock: Clock
  readonly #absence: Absence
  #awayCount = 0
  #awaySince = 0

  /** @param url `http://host:port/graphql` @param signal ends everything that still waits. */
  constructor(url: string, keys: MarketKeys, clock: Clock, signal: AbortSignal, absence: Absence) {
    const client = (name: keyof MarketKeys) =>
      new GraphClient({
        url,
        apiKey: keys[name],
        name,
        clock,
        signal,
        onAway: (reason) => this.#away(reason),
        onBack: () => this.#back(),
      })
    this.#clock = clock
    this.#absence = absence
    this.#clients = [client('maker'), client('taker'), client('operator')]
    const [maker, taker, operator] = this.#clients as [GraphClient, GraphClient, GraphClient]
    this.maker = new Trader(maker)
    this.taker = new Trader(taker)
    this.operator = new Operator(operator)
    this.live = new LiveClient(url)
  }

  async listings(): Promise<Listing[]> {
    const { markets } = await this.maker.client.ask(MARKETS, {}, marketsAnswer)
    return markets.map(({ symbol, baseAsset, quoteAsset, tickSize, lotSize }) => ({
      instrument: new Instrument(symbol, baseAsset.code, quoteAsset.code, tickSize, lotSize),
      base: baseAsset,
      quote: quoteAsset,
    }))
  }

  async close(): Promise<void> {
    await this.live.close()
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  /** Several requests notice the same absence: it is told once. */
  #away(reason: string): void {
    if (this.#awayCount++ > 0) return
    this.#awaySince = this.#clock.now()
    this.#absence.away(reason)
  }

  #back(): void {
    if (--this.#awayCount === 0) this.#absence.back(this.#clock.now() - this.#awaySince)
  }
}
