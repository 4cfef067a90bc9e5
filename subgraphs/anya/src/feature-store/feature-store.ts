import path from 'node:path'
import { err, ok, type Result } from '@opsource/kernel'
import type { Ports } from '@opsource/subgraph'
import type { Bars } from '../bar-features/index.ts'
import type { BarStore } from '../patterns/index.ts'
import { Ticker } from '../ticker.ts'
import { HISTORIES } from './histories.ts'
import { type FeatureJob, FeatureJobs, type JobRequest, type JobTurn } from './jobs.ts'
import { barOf, LiveFeatures } from './live.ts'
import type { FeatureObserver } from './observe.ts'
import { FolderLock } from './offline/folder-lock.ts'
import { storedEntities, storedManifest } from './offline/listing.ts'
import type { StoreManifest } from './offline/manifest.ts'
import type { OperationInput, OperationName, OperationOutput, Source } from './offline/protocol.ts'
import { refusalOf, type StoreRefusal } from './offline/refusal.ts'
import { type AskOptions, StoreProcess } from './offline/store-process.ts'
import { OnlineStore, type OnlineVector } from './online.ts'
import { RowRecorder } from './recorder.ts'
import { blockOf, type KnownRow, rowsOf } from './rows.ts'
import { type FeatureRow, type KnownView, type SteppedBook, viewNamed } from './views/index.ts'

/** What was served is written this often; what is lost when a process dies is at most this much. */
const RECORD_INTERVAL_MS = 300_000
const DATA_FOLDER = path.resolve(import.meta.dirname, '../../../../data')

const LOCKED: StoreRefusal = {
  code: 'LOCKED',
  message: 'Another process writes to this folder of features: give each its own.',
}
const NO_STORE: StoreRefusal = { code: 'AWAY', message: 'No folder was given to keep features in.' }

export interface FeatureStoreParts {
  readonly ports: Pick<Ports, 'cache' | 'clock' | 'ids'>
  readonly symbols: readonly string[]
  readonly bars: BarStore
  readonly observer: FeatureObserver
  /** Where Parquet files are kept; null keeps none. */
  readonly folder: string | null
}

/** The features of every market: computed once, served now, and kept for those who learn from them. */
export class FeatureStore {
  readonly online: OnlineStore
  readonly #parts: FeatureStoreParts
  readonly #live: ReadonlyMap<string, LiveFeatures>
  readonly #process: StoreProcess | null
  readonly #jobs: FeatureJobs | null
  readonly #lock: FolderLock | null
  readonly #recorder: RowRecorder
  #recording: Ticker | undefined

  constructor(parts: FeatureStoreParts) {
    this.#parts = parts
    const { ports, observer, folder } = parts
    this.online = new OnlineStore(ports, observer)
    this.#recorder = new RowRecorder((view, entity, rows) => observer.dropped(view, entity, rows))
    const onRow = (view: string, entity: string, row: FeatureRow) => this.#serve(view, entity, row)
    this.#live = new Map(parts.symbols.map((symbol) => [symbol, new LiveFeatures(symbol, parts, onRow)]))
    const folders = folder === null ? null : { store: folder, data: DATA_FOLDER }
    this.#lock = folder === null ? null : new FolderLock(folder)
    this.#process = folders && new StoreProcess(folders, (reason) => observer.storeLost(reason))
    const work = (job: FeatureJob, turn: JobTurn) =>
      job.kind === 'BACKFILL' ? this.#backfill(job, turn) : this.#materialise(job, turn)
    this.#jobs = folder === null ? null : new FeatureJobs(folder, ports, work, (error) => observer.jobFailed(error))
  }

  async start(): Promise<void> {
    await this.#jobs?.start()
    if ((await this.#refusal()) === LOCKED) this.#parts.observer.lockedOut()
    for (const live of this.#live.values()) await live.start()
    if (this.#process) this.#recording = new Ticker(RECORD_INTERVAL_MS, this.#parts.ports.clock, () => this.record())
  }

  /** Gives up jobs, writes what was served, and ends the store's process. */
  async close(): Promise<void> {
    for (const live of this.#live.values()) await live.close()
    await this.#recording?.close()
    await this.#jobs?.close()
    await this.online.close()
    if (this.#process) await this.record()
    await this.#process?.close()
    await this.#lock?.close()
  }

  /** The book engine of a market that is followed, for whoever feeds it. */
  book(symbol: string): SteppedBook | undefined {
    return this.#live.get(symbol)?.book
  }

  isLive(entity: string): boolean {
    return this.#live.has(entity)
  }

  vector({ view }: KnownView, entity: string): Promise<OnlineVector> {
    return this.online.get(view, entity)
  }

  /** Entities that are followed, have a history, or of which something is stored. */
  async entities({ view }: KnownView): Promise<string[]> {
    const stored = this.#parts.folder === null ? [] : await storedEntities(this.#parts.folder, view)
    const known = HISTORIES.filter((history) => history.view === view.name).map(({ entity }) => entity)
    return [...new Set([...this.#parts.symbols, ...known, ...stored])].sort()
  }

  async manifest({ view }: KnownView, entity: string): Promise<Result<StoreManifest | null, StoreRefusal>> {
    if (this.#parts.folder === null) return err(NO_STORE)
    try {
      return ok(await storedManifest(this.#parts.folder, view, entity))
    } catch (error) {
      return err(refusalOf(error))
    }
  }

  ask<Name extends OperationName>(
    name: Name,
    input: OperationInput<Name>,
    options?: AskOptions,
  ): Promise<Result<OperationOutput<Name>, StoreRefusal>> {
    return this.#process ? this.#process.ask(name, input, options) : Promise.resolve(err(NO_STORE))
  }

  get jobs(): Pick<FeatureJobs, 'all' | 'get' | 'cancel'> {
    return this.#jobs ?? { all: () => [], get: () => null, cancel: () => null }
  }

  /** @returns null where too many jobs wait. */
  async startJob(request: JobRequest): Promise<Result<FeatureJob | null, StoreRefusal>> {
    if (!this.#jobs) return err(NO_STORE)
    const refusal = await this.#refusal()
    return refusal ? err(refusal) : ok(this.#jobs.add(request))
  }

  /** Writes what was served since the last time. What cannot be written waits. */
  async record(): Promise<void> {
    const now = this.#parts.ports.clock.now()
    for (const pending of this.#recorder.take()) {
      const { view, entity, rows } = pending
      const block = blockOf(rows, rows[0]?.values.length ?? 0)
      const result = await this.#write('append', { view, entity, block, now })
      if (result.ok) continue
      this.#parts.observer.notRecorded(view, entity, result.error)
      this.#recorder.putBack(pending)
    }
  }

  async #write<Name extends 'append' | 'backfill'>(name: Name, input: OperationInput<Name>, options?: AskOptions) {
    const refusal = await this.#refusal()
    return refusal ? err(refusal) : this.ask(name, input, options)
  }

  /** @returns why this process may not write now, or null. */
  async #refusal(): Promise<StoreRefusal | null> {
    if (!this.#lock) return NO_STORE
    try {
      return (await this.#lock.acquire()) ? null : LOCKED
    } catch (error) {
      return refusalOf(error)
    }
  }

  #serve(name: string, entity: string, row: FeatureRow): void {
    const known = viewNamed(name)
    if (!known) return
    const earliest = row.eventTime + known.view.availabilityDelayMs
    const served: KnownRow = { ...row, availableAt: Math.max(earliest, this.#parts.ports.clock.now()) }
    void this.online.put(known.view, entity, served)
    if (this.#process) this.#recorder.add(name, entity, served)
  }

  async #backfill({ view: name, entity, from, to, repair }: FeatureJob, turn: JobTurn): Promise<StoreRefusal | null> {
    const known = viewNamed(name)
    if (!known || entity === null) return { code: 'FAILED', message: 'There is no such view or entity.' }
    const source = await this.#sourceOf(known, entity)
    if (!source)
      return { code: 'NO_SOURCE', message: `Nothing is known of ${entity} that ${name} could be computed from.` }
    const now = this.#parts.ports.clock.now()
    const result = await this.#write(
      'backfill',
      { view: name, entity, range: { from, to }, source, now, repair },
      { signal: turn.signal, onProgress: (rows) => turn.progress({ rows }) },
    )
    if (!result.ok) return result.error
    turn.progress({ rows: result.value.computed, added: result.value.added, refused: result.value.refused })
    return null
  }

  /** Puts each entity's newest row of the range into the online store, unless a newer one is there. */
  async #materialise({ view: name, from, to }: FeatureJob, turn: JobTurn): Promise<StoreRefusal | null> {
    const known = viewNamed(name)
    if (!known) return { code: 'FAILED', message: 'There is no such view.' }
    let [rows, added] = [0, 0]
    for (const entity of await this.entities(known)) {
      if (turn.signal.aborted) return { code: 'CANCELLED', message: 'It was given up.' }
      const newest = await this.ask('newest', { view: name, entity, range: { from, to } })
      if (!newest.ok) return newest.error
      for (const row of rowsOf(newest.value)) {
        rows++
        if (await this.online.put(known.view, entity, row)) added++
      }
      turn.progress({ rows, added })
    }
    return null
  }

  async #sourceOf(known: KnownView, entity: string): Promise<Source | null> {
    const history = HISTORIES.find((one) => one.view === known.view.name && one.entity === entity)
    if (history) return history.source
    if (known.input !== 'BARS' || !this.isLive(entity)) return null
    const bars = (await this.#parts.bars.newest(entity, known.interval)).map(barOf)
    return bars.length === 0 ? null : { kind: 'KEPT_BARS', bars: columnsOf(bars) }
  }
}

function columnsOf(bars: readonly ReturnType<typeof barOf>[]): Bars & Extract<Source, { kind: 'KEPT_BARS' }>['bars'] {
  const column = (read: (bar: ReturnType<typeof barOf>) => number) => Float64Array.from(bars, read)
  return {
    size: bars.length,
    time: column(({ time }) => time),
    open: column(({ open }) => open),
    high: column(({ high }) => high),
    low: column(({ low }) => low),
    close: column(({ close }) => close),
    volume: column(({ volume }) => volume),
  }
}
