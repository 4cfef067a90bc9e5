import type { Ports } from '@opsource/subgraph'
import { waitAtMost } from '../../patience.ts'
import type { AnomalyObserver } from '../observe.ts'
import { alertSchema, fingerprintOf, type SurveillanceAlert } from './alert.ts'
import { Amendments } from './amendments.ts'
import { EvidenceRoom } from './evidence.ts'
import { followOrderFlow, type OrderFlow } from './feed.ts'
import { BoundedMap } from './order-flow.ts'
import { ALERT_RETENTION_MS, type AlertStore } from './store.ts'
import { Surveillance } from './surveillance.ts'

const CHANNEL = 'surveillance-alerts'
/** What was told lately; the store knows of the rest. */
const MAX_TOLD = 1_000
/** Alerts that wait to be written: with the database away, more of them say nothing new. */
const MAX_UNWRITTEN = 100
/** For a database that may hang, at the end: the alerts that it has not taken by then are lost. */
const WRITE_PATIENCE_MS = 5_000

export interface SurveillanceParts {
  readonly ports: Pick<Ports, 'cache' | 'clock' | 'ids' | 'log'>
  readonly symbols: readonly string[]
  readonly store: AlertStore
  readonly observer: AnomalyObserver
}

interface Watcher {
  surveillance: Surveillance
  readonly room: EvidenceRoom
  readonly amendments: Amendments
}

/** Watches the order flow of every market and keeps what looks like manipulation, with its evidence. */
export class SurveillanceService {
  readonly #parts: SurveillanceParts
  readonly #told = new BoundedMap<string, true>(MAX_TOLD)
  readonly #listeners = new Set<(alert: SurveillanceAlert) => void>()
  #stops: (() => Promise<void>)[] = []
  #writing: Promise<unknown> = Promise.resolve()
  #unwritten = 0

  constructor(parts: SurveillanceParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    const { symbols, ports, observer } = this.#parts
    this.#stops.push(await ports.cache.subscribe(CHANNEL, (text) => this.#hear(text)))
    for (const symbol of symbols) {
      const watcher = { surveillance: new Surveillance(), room: new EvidenceRoom(), amendments: new Amendments() }
      this.#stops.push(await followOrderFlow(symbol, ports, observer, (flow) => this.#take(flow, watcher)))
    }
  }

  knows(symbol: string): boolean {
    return this.#parts.symbols.includes(symbol)
  }

  /** Hears of every alert that any instance keeps. @returns a function that ends the listening. */
  listen(listener: (alert: SurveillanceAlert) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) await stop()
    await waitAtMost(WRITE_PATIENCE_MS, this.#writing)
  }

  async prune(): Promise<void> {
    const { ports, store } = this.#parts
    try {
      await store.prune(ports.clock.now() - ALERT_RETENTION_MS)
    } catch (error) {
      ports.log.error({ err: error }, 'old alerts could not be deleted')
    }
  }

  #take({ hasGap, events, steps: { tick, lot } }: OrderFlow, watcher: Watcher): void {
    // An order whose trade was missed would look untraded: what came before says nothing any more.
    if (hasGap) watcher.surveillance = new Surveillance()
    for (const event of events.flatMap((each) => watcher.amendments.unfold(each))) {
      watcher.room.observe(event)
      for (const suspicion of watcher.surveillance.observe(event)) {
        const fingerprint = fingerprintOf(suspicion)
        if (this.#told.get(fingerprint) || this.#unwritten >= MAX_UNWRITTEN) continue
        this.#told.set(fingerprint, true)
        const { orderIds, tradeIds, accountIds, ...rest } = suspicion
        const evidence = { ...watcher.room.of({ orderIds, tradeIds }), tick, lot }
        const { ids, clock } = this.#parts.ports
        const head = { id: ids.next('sal'), detectedAt: clock.now(), accountIds: [...accountIds] }
        this.#write({ ...rest, ...head, evidence }, fingerprint)
      }
    }
  }

  #hear(text: string): void {
    const alert = alertSchema.parse(JSON.parse(text))
    for (const listener of this.#listeners) listener(alert)
  }

  #write(alert: SurveillanceAlert, fingerprint: string): void {
    const { store, observer, ports } = this.#parts
    this.#unwritten++
    this.#writing = this.#writing
      .then(async () => {
        if (!(await store.record(alert))) return
        observer.suspected(alert)
        await ports.cache.publish(CHANNEL, JSON.stringify(alert)).catch((error) => observer.untold(error))
      })
      .catch((error: unknown) => {
        this.#told.delete(fingerprint)
        observer.failed(error)
      })
      .finally(() => this.#unwritten--)
  }
}
