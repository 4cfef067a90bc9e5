import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Recording } from '@opsource/bus/contracts'
import type { Ports } from '@opsource/subgraph'
import { waitAtMost } from '../patience.ts'
import type { Bar } from '../patterns/bar.ts'
import type { BarStore } from '../patterns/index.ts'
import { isInSample } from '../prediction/forecast.ts'
import {
  type Forecast,
  HORIZONS,
  type Horizon,
  keepVector,
  type NewestForecasts,
  type PredictionObserver,
  type PredictionStore,
} from '../prediction/index.ts'
import { CHAMPION } from '../registry/index.ts'
import { Ticker } from '../ticker.ts'
import { compute } from './calculator.ts'
import { columnsOf, type HourlyInput } from './input.ts'
import { askLine, type LineParts, openHourlyLine } from './line-service.ts'
import { HOUR_MS, HOURLY_LINES, type HourlyLine } from './lines.ts'
import { outcomesOf } from './outcomes.ts'
import { type HourlyRules, ruleAnswer } from './rules.ts'
import { type PredictionStatus, statusOf } from './status.ts'

const DATA = path.resolve(import.meta.dirname, '../../../../data')
/** The market that hour bars come with the code of. */
const REFERENCE_MARKET = 'EUR-USD'
/** Its newest forecasts, among which is the one of the version that serves: it is seldom another that served between. */
const MAX_LOOKED_AT = 100
/** Until then a start has the processors for itself. */
const QUIET_MS = 120_000
/** For who asks first: two seconds of one core, and more where the machine is busy. Less than the gateway waits for a subgraph. */
const PATIENCE_MS = 8_000
/** What failed is not tried again before. */
const RETRY_MS = 60_000
/** So long after an hour its last bar has come and is written. */
const GRACE_MS = 60_000

export interface HourlyParts extends LineParts {
  readonly ports: Pick<Ports, 'clock' | 'ids' | 'log'>
  /** The live markets. */
  readonly symbols: readonly string[]
  readonly bars: Pick<BarStore, 'newest' | 'count'>
  /** What a live market is replaying. */
  readonly recordingOf: (symbol: string) => Recording
  readonly store: PredictionStore
  readonly newest: NewestForecasts
  readonly observer: Pick<PredictionObserver, 'recorded' | 'unanswered'>
  /** Called when new events lie in the outbox. */
  readonly onRecorded: () => void
  /** Time after which the lines are opened where nobody has asked before, in milliseconds; two minutes unless told. */
  readonly quietMs?: number
}

/** Forecasts of the reference market by the versions that served when somebody asked. */
interface Asked {
  readonly serving: string
  readonly at: number
  hasFailed: boolean
  done: Promise<void>
}

/** What the lines stand on: the rules, and the newest row of the reference market. */
interface Opened {
  readonly rules: HourlyRules
  readonly reference: HourlyInput | null
}

/**
 * Forecasts the next hour's return and the next six hours' volatility from hour bars: of each live market at the close of an hour, once
 * its bars reach back far enough, and of the reference market, whose bars end, once by each version that serves. Nothing is computed
 * before somebody asks or the platform has long started, and then in threads of its own.
 */
export class HourlyService {
  readonly #parts: HourlyParts
  readonly #stopping = new AbortController()
  readonly #ticks: Ticker
  #opened: Promise<Opened> | null = null
  #asked: Asked | null = null
  #work: Promise<void> = Promise.resolve()

  constructor(parts: HourlyParts) {
    this.#parts = parts
    this.#ticks = new Ticker(HOUR_MS, parts.ports.clock, async () => {
      await this.#pause(GRACE_MS)
      if (!this.#stopping.signal.aborted) await this.closeHour()
    })
    void this.#pause(parts.quietMs ?? QUIET_MS)
      .then(() => (this.#stopping.signal.aborted ? undefined : this.#askReference()))
      .catch((error: unknown) => parts.ports.log.error({ err: error }, 'which models serve hours cannot be read'))
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#ticks.close()
    await this.#work
  }

  /**
   * @returns the forecast of the reference market by the version that serves, made now where there is none; null of other markets and
   * horizons, and where it takes too long.
   */
  async reference(symbol: string, horizon: Horizon): Promise<Forecast | null> {
    const line = HOURLY_LINES.find((each) => each.horizon === horizon)
    if (symbol !== REFERENCE_MARKET || !line) return null
    await waitAtMost(PATIENCE_MS, this.#askReference())
    const serving = await this.#serving()
    const forecasts = await this.#referenceForecasts(horizon)
    return forecasts.find(({ modelVersion }) => modelVersion === serving.get(line.modelName)) ?? forecasts[0] ?? null
  }

  /** Whether a live market is forecast over the horizon; null of one that is not watched. */
  status(symbol: string, horizon: Horizon): Promise<PredictionStatus | null> {
    return statusOf(this.#parts, symbol, horizon)
  }

  /** Whoever asks first begins it, and others wait with them; what failed is tried again for whoever asks a minute later. */
  async #askReference(): Promise<void> {
    const serving = JSON.stringify([...(await this.#serving())].sort())
    const now = this.#parts.ports.clock.now()
    const isTooOld = this.#asked?.hasFailed === true && now - this.#asked.at > RETRY_MS
    if (this.#asked?.serving !== serving || isTooOld) {
      const asked: Asked = { serving, at: now, hasFailed: false, done: Promise.resolve() }
      asked.done = this.#inTurn(() =>
        this.#forecastReference().catch((error: unknown) => {
          asked.hasFailed = true
          throw error
        }),
      )
      this.#asked = asked
    }
    await this.#asked.done
  }

  /** Forecasts every live market whose hour has just closed, and writes what came of forecasts before. */
  closeHour(): Promise<void> {
    if (this.#asked) void this.#inTurn(() => this.#forecastReference())
    for (const symbol of this.#parts.symbols) void this.#inTurn(() => this.#closeHourOf(symbol))
    return this.#work
  }

  #referenceForecasts(horizon: Horizon): Promise<Forecast[]> {
    return this.#parts.store.page(REFERENCE_MARKET, horizon, { first: MAX_LOOKED_AT, after: null })
  }

  async #closeHourOf(symbol: string): Promise<void> {
    const { ports, bars: store } = this.#parts
    const bars = await store.newest(symbol, 'H1')
    await this.#settle(symbol, bars)
    const now = ports.clock.now()
    const closedAt = (bars.at(-1)?.openTime ?? Number.NaN) + HOUR_MS
    if (closedAt !== Math.floor(now / HOUR_MS) * HOUR_MS) return
    const lines = HOURLY_LINES.filter(({ lookback }) => bars.length > lookback)
    if (lines.length === 0) return
    const { rules } = await this.#open()
    const { input } = await compute({ kind: 'MARKET', bars: columnsOf(bars) }, 'MARKET', this.#stopping.signal)
    for (const line of lines) if (input) await this.#forecast(line, symbol, input, rules)
  }

  /** Forecasts whose bars are there by now get their outcome. */
  async #settle(symbol: string, bars: readonly Bar[]): Promise<void> {
    const { ports, store, observer } = this.#parts
    for (const { horizon } of HOURLY_LINES) {
      // Made a little after its hour, a forecast is due at full hours all the same: the bars decide.
      const waiting = await store.awaiting(symbol, horizon, ports.clock.now() + HOUR_MS)
      const outcomes = outcomesOf(waiting, bars)
      if (outcomes.length === 0) continue
      await store.record([], outcomes)
      observer.recorded([], outcomes)
    }
  }

  /** @returns the version that serves each line, as far as one does. */
  async #serving(): Promise<ReadonlyMap<string, number>> {
    const aliases = await this.#parts.registry.aliases.of(HOURLY_LINES.map(({ modelName }) => modelName))
    return new Map(
      aliases.flatMap(({ alias, modelName, version }) => (alias === CHAMPION ? [[modelName, version]] : [])),
    )
  }

  async #forecastReference(): Promise<void> {
    const serving = await this.#serving()
    for (const line of HOURLY_LINES) {
      const known = await this.#referenceForecasts(line.horizon)
      if (known.some(({ modelVersion }) => modelVersion === serving.get(line.modelName))) continue
      const { rules, reference } = await this.#open()
      if (reference) await this.#forecast(line, REFERENCE_MARKET, reference, rules)
    }
  }

  /** Once; a failure is tried again by whoever asks next. */
  #open(): Promise<Opened> {
    this.#opened ??= this.#openLines().catch((error: unknown) => {
      this.#opened = null
      throw error
    })
    return this.#opened
  }

  async #openLines(): Promise<Opened> {
    const { rules, input } = await compute(
      { kind: 'REFERENCE', dataDirectory: DATA },
      'REFERENCE',
      this.#stopping.signal,
    )
    for (const line of HOURLY_LINES) await openHourlyLine(this.#parts, line, rules)
    return { rules, reference: input }
  }

  async #forecast(line: HourlyLine, symbol: string, input: HourlyInput, rules: HourlyRules): Promise<void> {
    const { ports, store, newest, observer, onRecorded } = this.#parts
    const row = input.row.slice(0, line.features.length)
    const said = await askLine(this.#parts, line, row, (version, reason) =>
      ports.log.warn({ model: line.modelName, version, reason }, 'a version did not forecast an hour'),
    )
    const own = said && line.read(said.answer, input.volatility)
    if (!said || !own) {
      observer.unanswered(1)
      return
    }
    const baseline = line.read(ruleAnswer(rules, line, input.row), input.volatility)
    const { manifest, modelName, version } = said.version
    const forecast: Forecast = {
      id: ports.ids.next('prd'),
      symbol,
      // The reference market's time stands still: what goes on there are the versions.
      tick: symbol === REFERENCE_MARKET ? version : Math.floor(input.to / HOUR_MS),
      madeAt: ports.clock.now(),
      modelName,
      modelVersion: version,
      horizonMs: HORIZONS[line.horizon],
      ...own,
      baselineDirection: baseline?.direction ?? null,
      baselineProbability: baseline?.probability ?? null,
      baselineReturnBps: baseline?.expectedReturnBps ?? null,
      baselineQuantilesBps: baseline?.quantilesBps ?? null,
      baselineVolatilityBps: baseline?.volatilityBps ?? null,
      ...keepVector(row, line.featureHash),
      dataFrom: input.from,
      dataTo: input.to,
      dataRows: input.bars,
      inSample: isInSample(this.#parts.recordingOf(symbol), manifest.trainedOn),
      returnBps: null,
      realisedVolatilityBps: null,
    }
    const written = await store.record([forecast], [])
    if (written.length === 0) return
    onRecorded()
    observer.recorded(written, [])
    for (const each of written) await newest.publish(each)
  }

  /** One after the other: each takes a thread. What fails is said in the log, and may be asked for again. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(() => (this.#stopping.signal.aborted ? undefined : work()))
    const told = done.catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#parts.ports.log.error({ err: error }, 'an hour could not be forecast')
    })
    this.#work = told
    return told
  }

  #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#stopping
    return delay(milliseconds, undefined, { signal, ref: false }).catch(() => {})
  }
}
