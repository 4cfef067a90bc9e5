import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, seededRandom } from '@opsource/kernel'
import type { MarketReport } from '../fidelity/index.ts'
import { accountOf, topUp } from '../session/index.ts'
import type { MarketDataSource, SourceFaults } from '../source/index.ts'
import { Exchange, type Listing, type MarketKeys } from './exchange.ts'
import { MarketPlayer } from './market-player.ts'
import { Pacer, type Speed } from './pacer.ts'

/** How long bringing the markets to rest may take once the player is told to stop. */
const STOP_PATIENCE_MS = 5_000
/** Between two looks at balances that fell short. */
const TOP_UP_PAUSE_MS = 10_000
const RUN_CHARACTERS = 8
/** The venue's risk profile for programs that quote: it allows as many orders as a market has levels. */
const MAKER_PROFILE = 'market-maker'

/** What to play, where, and how. */
export interface PlayOptions {
  /** `http://host:port/graphql` */
  readonly gatewayUrl: string
  readonly keys: MarketKeys
  readonly source: MarketDataSource
  /** `max` where it happens now: nothing of that can be early. */
  readonly speed: Speed
  readonly loop: boolean
  /** Levels of each side that the maker mirrors, 1 to 100. */
  readonly depth: number
  /** The same seed gives the same orders the same keys. */
  readonly seed: number
  /** Judge the exchange's book after every step. */
  readonly judge: boolean
  /** Stop after this much recorded time; null for all of it. */
  readonly recordedMs: number | null
  readonly clock: Clock
  readonly stop: AbortSignal
  readonly tell: (line: string) => void
  /** Told after every repetition. */
  readonly onReport: (reports: readonly MarketReport[]) => void
}

/**
 * Plays a source's order flow into the exchange, as ordinary clients of its graph.
 * @returns at its end, or once told to stop, with quotes withdrawn and markets paused.
 * @throws NotARecordingError, WrongKeyError, GraphError
 */
export async function playRecording(options: PlayOptions): Promise<void> {
  const { clock, tell, stop } = options
  const pacer = new Pacer(clock, options.speed, async (ms) => void (await sleep(ms, undefined, { signal: stop })))
  const patience = new AbortController()
  const impatient = () => setTimeout(() => patience.abort(), STOP_PATIENCE_MS).unref()
  stop.addEventListener('abort', impatient, { once: true })
  const exchange = new Exchange(options.gatewayUrl, options.keys, clock, patience.signal, {
    away: (reason) => tell(`waiting for the exchange: ${reason}`),
    back: (awayMs) => {
      pacer.postpone(awayMs)
      tell(`the exchange is back after ${awayMs} ms`)
    },
  })
  try {
    const listings: Listing[] = []
    for (const listing of await exchange.listings()) {
      if (await options.source.covers(listing.instrument)) listings.push(listing)
    }
    if (listings.length === 0)
      throw new NothingToPlayError(`${options.source.name} has none of the markets of this exchange`)
    await new Performance(options, exchange, listings, pacer).run()
  } catch (error) {
    if (!stop.aborted) throw error
    tell('stopped before the markets were at rest: the next run cleans up')
  } finally {
    stop.removeEventListener('abort', impatient)
    await exchange.close()
  }
}

/** Thrown where source and exchange share no market; the message is for the person who named the source. */
export class NothingToPlayError extends Error {}

class Performance {
  readonly #options: PlayOptions
  readonly #exchange: Exchange
  readonly #listings: readonly Listing[]
  readonly #pacer: Pacer
  readonly #players: ReadonlyMap<string, MarketPlayer>
  readonly #run: string
  #toppedUpAt = Number.NEGATIVE_INFINITY
  #topUps = 0

  constructor(options: PlayOptions, exchange: Exchange, listings: readonly Listing[], pacer: Pacer) {
    this.#options = options
    this.#exchange = exchange
    this.#listings = listings
    this.#pacer = pacer
    this.#run = Buffer.from(seededRandom(options.seed).bytes(RUN_CHARACTERS)).toString('hex').slice(0, RUN_CHARACTERS)
    const shared = {
      exchange,
      pacer,
      clock: options.clock,
      run: this.#run,
      tell: options.tell,
      dataSet: options.source.dataSet,
      paced: options.speed !== 'max',
    }
    const judgeDepth = options.judge ? options.depth : null
    this.#players = new Map(
      listings.map((listing) => [listing.instrument.symbol, new MarketPlayer({ ...shared, listing, judgeDepth })]),
    )
  }

  async run(): Promise<void> {
    const { loop, stop, onReport } = this.#options
    const { maker, operator } = this.#exchange
    await operator.assignProfile((await accountOf(maker)).accountId, MAKER_PROFILE)
    await Promise.all([...this.#players.values()].map((player) => player.clear()))
    for (let repetition = 1; (loop || repetition === 1) && !stop.aborted; repetition++) {
      await this.#topUp()
      for (const player of this.#players.values()) player.begin(repetition)
      const rest = () => [...this.#players.values()].map((player) => player.finish())
      try {
        await this.#playOnce()
      } catch (error) {
        // Quotes that follow nothing any more would be traded against.
        await Promise.allSettled(rest())
        throw error
      }
      onReport(await Promise.all(rest()))
    }
  }

  /** Plays the source from its beginning: markets side by side, each market's steps one after the other. */
  async #playOnce(): Promise<void> {
    const { source, stop, recordedMs, depth, tell } = this.#options
    const faults: SourceFaults = { malformed: 0, gaps: 0 }
    const instruments = this.#listings.map(({ instrument }) => instrument)
    const busy = new Map<string, Promise<void>>()
    let failure: { readonly error: unknown } | null = null
    let begin: number | null = null
    try {
      for await (const step of source.steps(instruments, depth, faults)) {
        if (begin === null) this.#pacer.restart()
        begin ??= step.time
        if (recordedMs !== null && step.time - begin >= recordedMs) break
        await this.#pacer.until(step.time).catch(() => undefined)
        await busy.get(step.symbol)
        if (failure !== null || stop.aborted) break
        const playing = this.#players
          .get(step.symbol)
          ?.play(step)
          .then(() => this.#mindBalances())
        if (playing !== undefined) {
          const settled = playing.catch((error: unknown) => {
            failure ??= { error }
          })
          busy.set(step.symbol, settled)
        }
      }
    } finally {
      await Promise.all(busy.values())
    }
    if (failure !== null) throw (failure as { readonly error: unknown }).error
    if (faults.malformed + faults.gaps > 0)
      tell(`${source.name} had ${faults.malformed} malformed messages and ${faults.gaps} gaps`)
  }

  async #mindBalances(): Promise<void> {
    const short = [...this.#players.values()].some((player) => player.lane.refusals.has('INSUFFICIENT_BALANCE'))
    if (!short || this.#options.clock.now() - this.#toppedUpAt < TOP_UP_PAUSE_MS) return
    await this.#topUp()
  }

  async #topUp(): Promise<void> {
    this.#toppedUpAt = this.#options.clock.now()
    // What falls short is another amount each time, which a reference that came before would be refused for.
    const reference = `${this.#run}.${++this.#topUps}`
    const assets = new Map(
      this.#listings.flatMap(({ base, quote }) => [base, quote]).map((asset) => [asset.code, asset]),
    )
    const { maker, taker, operator } = this.#exchange
    for (const [name, trader] of Object.entries({ maker, taker })) {
      const credited = await topUp(trader, operator, [...assets.values()], `${reference}.${name}`)
      if (credited.length > 0) this.#options.tell(`credited to the ${name}: ${credited.join(', ')}`)
    }
  }
}
