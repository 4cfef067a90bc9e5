import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { EngineBatch } from '../engine/events.ts'
import { Mailbox } from '../market-data/index.ts'
import type { PortfolioParent } from '../parents.ts'

/** Changes of one account that come faster are told together. */
const QUIET_MS = 100
/** Prices move all the time; a person sees no more of it. */
const PRICE_INTERVAL_MS = 1_000

export interface PortfolioSource {
  /** @returns null for an account that is not open. */
  readonly find: (accountId: string) => Promise<PortfolioParent | null>
  /** Resolves once `find` sees the engine's command of that sequence, or patience ends. */
  readonly contains: (engineSequence: number) => Promise<void>
  /** Something that differs whenever a price does. */
  readonly prices: () => string
}

interface Watched {
  readonly readers: Set<Mailbox<PortfolioParent>>
  /** The last command that changed it; null while the readers were told of all. */
  due: number | null
  isRunning: boolean
}

/** Serves the portfolio subscriptions: one reading of an account for all who watch it. */
export class PortfolioWatchers {
  readonly #source: PortfolioSource
  readonly #log: Logger
  readonly #accounts = new Map<string, Watched>()
  readonly #timer: NodeJS.Timeout
  #prices: string
  #closed = false

  constructor(source: PortfolioSource, log: Logger) {
    this.#source = source
    this.#log = log
    this.#prices = source.prices()
    this.#timer = setInterval(() => this.#lookAtPrices(), PRICE_INTERVAL_MS)
  }

  /** @returns a stream that begins with the portfolio as it is, as soon as the account is open. */
  watch(accountId: string): Mailbox<PortfolioParent> {
    const watched = this.#accounts.get(accountId) ?? { readers: new Set(), due: null, isRunning: false }
    this.#accounts.set(accountId, watched)
    const reader: Mailbox<PortfolioParent> = new Mailbox<PortfolioParent>({
      limit: 1,
      overflow: (newest) => ({ replace: [newest] }),
      onClose: () => {
        watched.readers.delete(reader)
        if (watched.readers.size === 0) this.#accounts.delete(accountId)
      },
    })
    watched.readers.add(reader)
    this.#tell(accountId, watched, 0)
    return reader
  }

  /** Takes what the engine did. */
  take({ lastSequence, balances, events }: EngineBatch): void {
    if (this.#accounts.size === 0) return
    const touched = new Set(balances.map(({ accountId }) => accountId))
    for (const event of events) if (event.type === 'ACCOUNT_OPENED') touched.add(event.accountId)
    for (const accountId of touched) {
      const watched = this.#accounts.get(accountId)
      if (watched) this.#tell(accountId, watched, lastSequence)
    }
  }

  /** Ends every stream. */
  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
    for (const { readers } of this.#accounts.values()) for (const reader of readers) reader.end()
  }

  #lookAtPrices(): void {
    if (this.#accounts.size === 0) return
    const prices = this.#source.prices()
    if (prices === this.#prices) return
    this.#prices = prices
    for (const [accountId, watched] of this.#accounts) this.#tell(accountId, watched, 0)
  }

  #tell(accountId: string, watched: Watched, engineSequence: number): void {
    watched.due = Math.max(watched.due ?? 0, engineSequence)
    if (watched.isRunning) return
    watched.isRunning = true
    void this.#run(accountId, watched)
  }

  async #run(accountId: string, watched: Watched): Promise<void> {
    while (watched.due !== null && watched.readers.size > 0 && !this.#closed) {
      const { due } = watched
      watched.due = null
      try {
        await this.#source.contains(due)
        const portfolio = await this.#source.find(accountId)
        if (portfolio) for (const reader of watched.readers) reader.push(portfolio)
      } catch (error) {
        this.#log.warn({ err: error }, 'a portfolio could not be read for its watchers')
        watched.due = Math.max(watched.due ?? 0, due)
      }
      await wait(QUIET_MS)
    }
    watched.isRunning = false
  }
}
