import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolLimits } from '@opsource/database'
import type { Ports } from '@opsource/subgraph'
import type { Progress } from '../run.ts'
import { type ChildOutcome, runChild } from './child.ts'
import { TrainerLock } from './lock.ts'
import type { RunNews } from './news.ts'
import type { TrainingObserver } from './observe.ts'
import { readResult, type TrainingResult } from './result.ts'
import type { TrainingRunStore } from './store.ts'
import type { Failure, TrainingRun } from './training-run.ts'

/** How often the queue, and whether the run was cancelled elsewhere, is looked at when nobody tells. */
const POLL_MS = 1_000
/** A run whose process dies so often dies of itself. */
const MAX_ATTEMPTS = 5
/** Readers see no more than so many steps a second. */
const PROGRESS_INTERVAL_MS = 250
/** The longest recipe of ours takes some minutes on an idle machine; a busy one may take ten times that. */
const MAX_TRAINING_MS = 120 * 60_000
const MINUTE_MS = 60_000

/** Why the child is ended before its time. */
type Ending = 'CANCELLED' | 'CLOSED' | 'LOCK_LOST' | 'TIMED_OUT'

export interface TrainerOptions {
  readonly ports: Pick<Ports, 'databaseUrl' | 'clock'>
  readonly store: TrainingRunStore
  readonly news: RunNews
  readonly observer: TrainingObserver
  /** Holds the data sets. */
  readonly dataDirectory: string
  /** Holds a folder for each run that has not ended. */
  readonly runsDirectory: string
  /** @returns the version. */
  readonly register: (result: TrainingResult, run: TrainingRun) => Promise<number>
  /** How long a run's processes may compute, all together, in milliseconds; two hours unless told. */
  readonly maxTrainingMs?: number
  /** Of the connection that holds the lock. */
  readonly connections?: PoolLimits
}

/**
 * Carries out the trainings that wait, one at a time over all instances: each in a child process. What a dead process or a stopped
 * platform left is gone on with.
 */
export class Trainer {
  readonly #options: TrainerOptions
  readonly #lock: TrainerLock
  readonly #closing = new AbortController()
  #current: { readonly id: string; readonly ending: AbortController } | null = null
  #nudge = new AbortController()
  #work: Promise<void> = Promise.resolve()

  constructor(options: TrainerOptions) {
    this.#options = options
    this.#lock = new TrainerLock(options.ports.databaseUrl, () => this.#end('LOCK_LOST'), options.connections)
  }

  start(): void {
    this.#work = this.#loop()
  }

  /** There is something to do, or to stop doing. */
  wake(): void {
    this.#nudge.abort()
  }

  /** Ends the child of a run that was cancelled. */
  cancelled(id: string): void {
    if (this.#current?.id === id) this.#end('CANCELLED')
  }

  /** Stops without losing anything: the run goes on where it is when the platform starts again. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#end('CLOSED')
    this.wake()
    await this.#work
    await this.#lock.close()
  }

  #end(why: Ending): void {
    this.#current?.ending.abort(why)
  }

  async #loop(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        const run = (await this.#lock.acquire()) ? await this.#options.store.claim(this.#now()) : null
        if (run) await this.#carryOut(run)
        else await this.#pause()
      } catch (error) {
        this.#options.observer.faltered(error)
        await this.#pause()
      }
    }
  }

  async #pause(): Promise<void> {
    this.#nudge = new AbortController()
    await this.#sweep().catch((error: unknown) => this.#options.observer.faltered(error))
    if (this.#closing.signal.aborted) return
    await sleep(POLL_MS, undefined, { signal: this.#nudge.signal }).catch(() => {})
  }

  async #carryOut(run: TrainingRun): Promise<void> {
    const { store, observer } = this.#options
    const folder = this.#folderOf(run.id)
    const finished = await readResult(folder)
    if (finished) return this.#register(run, finished)
    if (run.attempts > MAX_ATTEMPTS)
      return this.#fail(run, { code: 'CRASHED', message: `Its process died ${MAX_ATTEMPTS} times.` })
    await this.#announce(run.id)
    const ending = new AbortController()
    this.#current = { id: run.id, ending }
    if (this.#closing.signal.aborted) this.#end('CLOSED')
    const outcome = await this.#train(run, folder, ending).finally(() => {
      this.#current = null
    })
    if (ending.signal.aborted) {
      if (ending.signal.reason === 'TIMED_OUT') return this.#fail(run, this.#timedOut())
      if (ending.signal.reason !== 'CANCELLED') return store.release(run.id)
      observer.ended(run, 'CANCELLED')
      return rm(folder, { recursive: true, force: true })
    }
    if (outcome.kind === 'FAILED') return this.#fail(run, outcome, outcome.lastWords)
    if (outcome.kind === 'DIED') return observer.died(run, outcome.reason)
    const result = await readResult(folder)
    if (result) await this.#register(run, result)
  }

  async #train(run: TrainingRun, folder: string, ending: AbortController): Promise<ChildOutcome> {
    const { store, dataDirectory, observer } = this.#options
    const { recipe, parameters, seed } = run
    const order = { input: { recipe, parameters, seed }, dataDirectory, folder, writer: String(run.attempts) }
    const follower = new ProgressWriter(async (progress) => {
      if (await store.progress(run.id, progress)) await this.#announce(run.id)
      else ending.abort('CANCELLED')
    }, observer)
    const startedAt = performance.now()
    const spentMs = () => Math.round(run.spentMs + performance.now() - startedAt)
    const { maxTrainingMs = MAX_TRAINING_MS } = this.#options
    const limit = setTimeout(() => ending.abort('TIMED_OUT'), Math.max(0, maxTrainingMs - run.spentMs))
    const look = async () => {
      if (!(await store.spend(run.id, spentMs()))) ending.abort('CANCELLED')
    }
    let looking: Promise<void> = Promise.resolve()
    const watching = setInterval(() => {
      looking = looking.then(look).catch((error: unknown) => observer.faltered(error))
    }, POLL_MS)
    try {
      return await runChild(order, {
        signal: ending.signal,
        onProgress: (progress) => follower.take(progress),
        onStart: (pid) => observer.started(run, pid),
      })
    } catch (error) {
      if (ending.signal.aborted) return { kind: 'DIED', reason: String(ending.signal.reason) }
      throw error
    } finally {
      clearTimeout(limit)
      clearInterval(watching)
      await looking
      await follower.close()
    }
  }

  async #register(run: TrainingRun, result: TrainingResult): Promise<void> {
    const { store, register, observer } = this.#options
    if (await store.beginRegistering(run.id)) {
      await this.#announce(run.id)
      try {
        await store.succeed(run.id, await register(result, run), this.#now())
      } catch (error) {
        if (run.attempts < MAX_ATTEMPTS) throw error
        observer.faltered(error)
        return this.#fail(run, { code: 'REGISTRY', message: 'The model could not be registered.' })
      }
      observer.ended(run, 'SUCCEEDED')
      await this.#announce(run.id)
    }
    await rm(this.#folderOf(run.id), { recursive: true, force: true })
  }

  #timedOut(): Failure {
    const minutes = Number(((this.#options.maxTrainingMs ?? MAX_TRAINING_MS) / MINUTE_MS).toPrecision(3))
    return { code: 'TIMED_OUT', message: `It was not done within ${minutes} minutes.` }
  }

  async #fail(run: TrainingRun, { code, message }: Failure, lastWords = ''): Promise<void> {
    const { store, observer } = this.#options
    await rm(this.#folderOf(run.id), { recursive: true, force: true })
    await store.fail(run.id, { code, message }, this.#now())
    observer.failed(run, { code, message }, lastWords)
    await this.#announce(run.id)
  }

  /** Removes what runs left that have ended meanwhile, such as one that was cancelled while the platform was away. */
  async #sweep(): Promise<void> {
    const { runsDirectory, store } = this.#options
    const folders = await readdir(runsDirectory).catch(() => [])
    if (folders.length === 0) return
    const active = await store.active(folders)
    for (const id of folders) if (!active.has(id)) await rm(this.#folderOf(id), { recursive: true, force: true })
  }

  #announce(id: string): Promise<void> {
    return this.#options.news.publish(id)
  }

  #folderOf(id: string): string {
    return path.join(this.#options.runsDirectory, id)
  }

  #now(): Date {
    return new Date(this.#options.ports.clock.now())
  }
}

/** Writes the newest progress down, one at a time and not too often. */
class ProgressWriter {
  readonly #write: (progress: Progress) => Promise<void>
  readonly #observer: Pick<TrainingObserver, 'faltered'>
  #newest: Progress | null = null
  #work: Promise<void> | null = null

  constructor(write: (progress: Progress) => Promise<void>, observer: Pick<TrainingObserver, 'faltered'>) {
    this.#write = write
    this.#observer = observer
  }

  take(progress: Progress): void {
    this.#newest = progress
    this.#work ??= this.#run().finally(() => {
      this.#work = null
    })
  }

  async close(): Promise<void> {
    await this.#work
  }

  async #run(): Promise<void> {
    while (this.#newest) {
      const progress = this.#newest
      this.#newest = null
      await this.#write(progress).catch((error: unknown) => this.#observer.faltered(error))
      await sleep(PROGRESS_INTERVAL_MS)
    }
  }
}
