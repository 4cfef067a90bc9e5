import { mkdir, open, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import type { Clock, IdSource } from '@opsource/kernel'
import { z } from 'zod'
import type { StoreRefusal } from './offline/refusal.ts'

/** Jobs that wait for the one that runs; a year of hours of one market takes a fraction of a second. */
export const MAX_QUEUED_JOBS = 20
/** Ended jobs that are remembered. */
const MAX_REMEMBERED = 200
const FILE = 'jobs.json'

const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(['BACKFILL', 'MATERIALISE']),
  view: z.string(),
  entity: z.string().nullable(),
  from: z.number(),
  to: z.number(),
  repair: z.boolean(),
  state: z.enum(['QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED']),
  /** So far. */
  rows: z.number(),
  added: z.number(),
  refused: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  requestedBy: z.string(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
})
const journalSchema = z.array(jobSchema)

export type FeatureJob = z.infer<typeof jobSchema>
export type JobRequest = Pick<FeatureJob, 'kind' | 'view' | 'entity' | 'from' | 'to' | 'repair' | 'requestedBy'>
type Counts = Partial<Pick<FeatureJob, 'rows' | 'added' | 'refused'>>

/** What a job may do while it runs. */
export interface JobTurn {
  readonly signal: AbortSignal
  progress(counts: Counts): void
}

/** Does the work. @returns why it could not, or null. */
export type JobWork = (job: FeatureJob, turn: JobTurn) => Promise<StoreRefusal | null>

/** Runs jobs one after another, and remembers what became of them beside the files that they wrote. */
export class FeatureJobs {
  readonly #folder: string
  readonly #clock: Clock
  readonly #ids: IdSource
  readonly #work: JobWork
  readonly #onError: (error: unknown) => void
  readonly #jobs = new Map<string, FeatureJob>()
  readonly #stopping = new Map<string, AbortController>()
  #queue: string[] = []
  #running: Promise<void> | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(
    folder: string,
    ports: { readonly clock: Clock; readonly ids: IdSource },
    work: JobWork,
    onError: (error: unknown) => void,
  ) {
    this.#folder = folder
    this.#clock = ports.clock
    this.#ids = ports.ids
    this.#work = work
    this.#onError = onError
  }

  /** Reads what is remembered. A job that was under way when the process ended has failed, and left nothing half done. */
  async start(): Promise<void> {
    const text = await readFile(path.join(this.#folder, FILE), 'utf8').catch(() => '[]')
    const error = {
      code: 'INTERRUPTED',
      message:
        'The platform ended while the job was under way. It wrote all or nothing: ask again, what is there is not added twice.',
    }
    for (const job of readJournal(text)) {
      const isOpen = job.state === 'QUEUED' || job.state === 'RUNNING'
      this.#jobs.set(job.id, isOpen ? { ...job, state: 'FAILED', error, endedAt: this.#clock.now() } : job)
    }
  }

  /** Newest first. */
  all(): FeatureJob[] {
    return [...this.#jobs.values()].sort((a, b) => (a.id < b.id ? 1 : -1))
  }

  get(id: string): FeatureJob | null {
    return this.#jobs.get(id) ?? null
  }

  /** @returns null where too many wait. */
  add(request: JobRequest): FeatureJob | null {
    if (this.#queue.length >= MAX_QUEUED_JOBS) return null
    const job: FeatureJob = {
      ...request,
      ...{ id: this.#ids.next('job'), state: 'QUEUED', rows: 0, added: 0, refused: 0, error: null },
      ...{ createdAt: this.#clock.now(), startedAt: null, endedAt: null },
    }
    this.#jobs.set(job.id, job)
    this.#queue.push(job.id)
    this.#stopping.set(job.id, new AbortController())
    this.#remember()
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
    return job
  }

  /** What has ended stays as it is. @returns null of a job that nobody knows. */
  cancel(id: string): FeatureJob | null {
    this.#stopping.get(id)?.abort()
    if (this.#queue.includes(id)) {
      this.#queue = this.#queue.filter((queued) => queued !== id)
      this.#end(id, { code: 'CANCELLED', message: '' })
    }
    return this.get(id)
  }

  async close(): Promise<void> {
    for (const id of this.#queue) this.cancel(id)
    for (const controller of this.#stopping.values()) controller.abort()
    await this.#running
    await this.#writing
  }

  async #run(): Promise<void> {
    for (let id = this.#queue.shift(); id !== undefined; id = this.#queue.shift()) {
      const signal = this.#stopping.get(id)?.signal ?? AbortSignal.abort()
      const job = this.#change(id, { state: 'RUNNING', startedAt: this.#clock.now() })
      const key = id
      const refusal = await this.#work(job, { signal, progress: (counts) => void this.#change(key, counts) }).catch(
        (error: unknown) => {
          this.#onError(error)
          return { code: 'FAILED', message: 'A fault of ours; it is in the log.' } as const
        },
      )
      this.#end(id, refusal)
    }
  }

  #end(id: string, refusal: StoreRefusal | null): void {
    this.#stopping.delete(id)
    const endedAt = this.#clock.now()
    if (!refusal) this.#change(id, { state: 'DONE', endedAt })
    else if (refusal.code === 'CANCELLED') this.#change(id, { state: 'CANCELLED', endedAt })
    else this.#change(id, { state: 'FAILED', error: refusal, endedAt })
    this.#remember()
  }

  #change(id: string, changes: Partial<FeatureJob>): FeatureJob {
    const before = this.#jobs.get(id)
    if (!before) throw new RangeError(`no job ${id}`)
    const job = { ...before, ...changes }
    this.#jobs.set(id, job)
    return job
  }

  #remember(): void {
    for (const { id } of this.all().slice(MAX_REMEMBERED)) this.#jobs.delete(id)
    const text = JSON.stringify([...this.#jobs.values()])
    this.#writing = this.#writing.then(() => this.#write(text)).catch(this.#onError)
  }

  async #write(text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o755 })
    const temporary = path.join(this.#folder, `.${FILE}.tmp`)
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path.join(this.#folder, FILE))
  }
}

/** What cannot be read is forgotten: it is a record of work, not of features. */
function readJournal(text: string): FeatureJob[] {
  try {
    return journalSchema.parse(JSON.parse(text))
  } catch {
    return []
  }
}
