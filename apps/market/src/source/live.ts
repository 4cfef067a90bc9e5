import { setTimeout as sleep } from 'node:timers/promises'
import type { Exchange as CcxtExchange, OrderBook, Trade } from 'ccxt'
import type { Instrument } from '../recording/index.ts'
import { type LiveLevel, LiveMarket } from './live-market.ts'
import type { MarketDataSource, SourceFaults, Step } from './market-data-source.ts'

/** What is used of ccxt: a hundred exchanges agree on no more. */
type Streaming = Pick<
  CcxtExchange,
  | 'has'
  | 'markets'
  | 'loadHttpProxyAgent'
  | 'loadMarkets'
  | 'watchOrderBook'
  | 'watchTrades'
  | 'close'
  | 'milliseconds'
  | 'numberToString'
>

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/** There is no such exchange, or it does not stream what is needed; the message is for the person who named it. */
export class UnknownExchangeError extends Error {}

export interface LiveSourceOptions {
  /** ccxt's name of the exchange, such as `kraken`. */
  readonly exchange: string
  /** Markets of this exchange to follow, such as `BTC-USDT`; empty: all that both have. */
  readonly symbols: readonly string[]
  readonly stop: AbortSignal
  readonly tell: (line: string) => void
  /** ccxt's own settings, such as other addresses. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/**
 * Another exchange's order book and trades as they happen, through ccxt, which follows each exchange's own rule for joining a snapshot and the
 * updates after it. Where an update is missing, ccxt drops the book, and it is asked for anew: meanwhile the market has no book.
 */
export class LiveSource implements MarketDataSource {
  readonly name: string
  readonly dataSet = null
  readonly #options: LiveSourceOptions
  readonly #exchange: Streaming
  readonly #isFatal: (error: unknown) => boolean
  /** Ends what is read from the exchange: nobody wants it any more. */
  readonly #ended = new AbortController()
  readonly #over: AbortSignal
  #wake: () => void = () => {}
  #failure: unknown = null

  private constructor(options: LiveSourceOptions, exchange: Streaming, isFatal: (error: unknown) => boolean) {
    this.name = `${options.exchange}, live`
    this.#options = options
    this.#over = AbortSignal.any([options.stop, this.#ended.signal])
    this.#exchange = exchange
    this.#isFatal = isFatal
  }

  /** @throws UnknownExchangeError */
  static async open(options: LiveSourceOptions): Promise<LiveSource> {
    // Only here: loading a hundred exchanges takes half a second.
    const { pro, BadSymbol, NotSupported, AuthenticationError } = await import('ccxt')
    const exchanges: Readonly<Record<string, new (settings: object) => Streaming>> = pro
    const Exchange = Object.hasOwn(exchanges, options.exchange) ? exchanges[options.exchange] : undefined
    if (!Exchange) throw new UnknownExchangeError(`ccxt streams no exchange that is named ${options.exchange}`)
    const exchange = new Exchange({ newUpdates: true, ...options.settings })
    for (const ability of ['watchOrderBook', 'watchTrades']) {
      if (exchange.has[ability] !== true) throw new UnknownExchangeError(`${options.exchange} has no ${ability}`)
    }
    // What ccxt needs for exchanges whose sockets are not encrypted.
    await exchange.loadHttpProxyAgent()
    const fatal = [BadSymbol, NotSupported, AuthenticationError]
    return new LiveSource(options, exchange, (error) => fatal.some((type) => error instanceof type))
  }

  async covers({ symbol }: Instrument): Promise<boolean> {
    const { symbols } = this.#options
    if (symbols.length > 0 && !symbols.includes(symbol)) return false
    await this.#untilAnswered('markets', () => this.#exchange.loadMarkets())
    return this.#theirs(symbol) in (this.#exchange.markets ?? {})
  }

  async *steps(instruments: readonly Instrument[], depth: number, faults: SourceFaults): AsyncGenerator<Step> {
    const markets = instruments.map((instrument) => new LiveMarket(instrument))
    const stopped = () => this.#wake()
    this.#options.stop.addEventListener('abort', stopped)
    const followed = markets.flatMap((market) => [this.#followBook(market, depth, faults), this.#followTrades(market)])
    try {
      while (!this.#options.stop.aborted) {
        if (this.#failure !== null) throw this.#failure
        const steps = markets.map((market) => market.take()).filter((step) => step !== null)
        if (steps.length > 0) yield* steps
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
      }
    } finally {
      this.#options.stop.removeEventListener('abort', stopped)
      this.#ended.abort()
      await this.#exchange.close()
      await Promise.all(followed)
    }
  }

  async #followBook(market: LiveMarket, depth: number, faults: SourceFaults): Promise<void> {
    const { symbol } = market.instrument
    const text = (side: OrderBook['bids']): LiveLevel[] =>
      side.slice(0, depth).map(([price, quantity]) => [this.#text(price), this.#text(quantity)])
    await this.#follow(
      async () => {
        const { bids, asks, timestamp } = await this.#exchange.watchOrderBook(this.#theirs(symbol))
        market.show(text(bids), text(asks), timestamp ?? this.#exchange.milliseconds())
      },
      (reason) => {
        faults.gaps++
        market.lose()
        this.#options.tell(`${symbol}: the book of ${this.#options.exchange} is built anew: ${reason}`)
      },
    )
  }

  async #followTrades(market: LiveMarket): Promise<void> {
    const { symbol } = market.instrument
    const take = ({ side, price, amount, timestamp }: Trade) => {
      if (side !== 'buy' && side !== 'sell') return
      const time = timestamp ?? this.#exchange.milliseconds()
      market.trade(side === 'buy' ? 'BUY' : 'SELL', this.#text(price), this.#text(amount), time)
    }
    await this.#follow(
      async () => (await this.#exchange.watchTrades(this.#theirs(symbol))).forEach(take),
      (reason) => this.#options.tell(`${symbol}: no trades from ${this.#options.exchange}: ${reason}`),
    )
  }

  /** Reads on until nobody wants it; after a failure again, ever later. */
  async #follow(read: () => Promise<void>, onFailure: (reason: string) => void): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!this.#over.aborted && this.#failure === null) {
      try {
        await read()
        retryMs = FIRST_RETRY_MS
      } catch (error) {
        if (this.#over.aborted) return
        if (this.#isFatal(error)) this.#failure = error
        else onFailure(reasonOf(error))
        this.#wake()
        await this.#pause(retryMs)
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
      }
      this.#wake()
    }
  }

  async #untilAnswered(what: string, ask: () => Promise<unknown>): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; !this.#options.stop.aborted; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      try {
        await ask()
        return
      } catch (error) {
        if (this.#isFatal(error)) throw error
        this.#options.tell(`waiting for ${what} of ${this.#options.exchange}: ${reasonOf(error)}`)
        await this.#pause(retryMs)
      }
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return sleep(milliseconds, undefined, { signal: this.#over }).catch(() => undefined)
  }

  /** `BTC-USDT` is `BTC/USDT` there. */
  #theirs(symbol: string): string {
    return symbol.replace('-', '/')
  }

  /** The shortest decimal that reads as this number: what the exchange sent. */
  #text(value: number | undefined): string {
    return this.#exchange.numberToString(value ?? 0)
  }
}

/** ccxt's messages may hold a whole page of an answer. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 200)
