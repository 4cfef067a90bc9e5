import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { MemoryCache } from '@opsource/cache'
import { IdSource, systemClock, systemRandom } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { type Database, openDatabase } from '../../subgraphs/anya/src/database.ts'
import { RegistryStore } from '../../subgraphs/anya/src/registry/index.ts'
import type { TrainingInput } from '../../subgraphs/anya/src/training/recipe.ts'
import { readInput } from '../../subgraphs/anya/src/training/recipes.ts'
import { train } from '../../subgraphs/anya/src/training/run.ts'
import { RunNews } from '../../subgraphs/anya/src/training/runs/news.ts'
import { TrainingObserver } from '../../subgraphs/anya/src/training/runs/observe.ts'
import { TrainingRunStore } from '../../subgraphs/anya/src/training/runs/store.ts'
import { Trainer } from '../../subgraphs/anya/src/training/runs/trainer.ts'
import { hasEnded, type TrainingRun } from '../../subgraphs/anya/src/training/runs/training-run.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { until } from './waiting.ts'

/** A training has what others leave of the processors: on a busy machine that is little. */
const PATIENCE_MS = 240_000
/** Of a test that waits for two trainings. */
export const TRAINING_TEST_MS = 600_000
export const DATA_DIRECTORY = path.resolve(import.meta.dirname, '../../data')

/** Small, of three folds. */
export function tinyTraining(seed: number): TrainingInput {
  const parameters = Object.entries({ bars: 4_200, folds: 10, rounds: 20, models: 1 })
  const input = readInput({
    recipe: 'hourly-return',
    parameters: parameters.map(([name, value]) => ({ name, value })),
    seed,
  })
  if (!input.ok) throw new Error(input.error.message)
  return input.value
}

const trained = new Map<number, ReturnType<typeof train>>()

/** @returns what the training gives where nothing disturbs it; computed once for a seed. */
export function trainedUndisturbed(seed: number): ReturnType<typeof train> {
  const known = trained.get(seed) ?? train(tinyTraining(seed), { dataDirectory: DATA_DIRECTORY })
  trained.set(seed, known)
  return known
}

/** @returns the hash of its file. */
export const undisturbed = async (seed: number) => (await trainedUndisturbed(seed)).manifest.sha256

/** A database, a folder for runs, and the trainers that share them. */
export class TrainingStage {
  readonly fresh: FreshDatabase
  readonly runsDirectory: string
  readonly store: TrainingRunStore
  readonly news = new RunNews(new MemoryCache({ clock: systemClock, log: pino({ level: 'silent' }) }))
  /** Of the children that were started. */
  readonly pids: number[] = []
  readonly #database: Database
  readonly #registry: RegistryStore
  readonly #ids = new IdSource(systemClock, systemRandom)
  readonly #trainers: Trainer[] = []

  private constructor(fresh: FreshDatabase, runsDirectory: string) {
    this.fresh = fresh
    this.runsDirectory = runsDirectory
    this.#database = openDatabase(fresh.url)
    this.#registry = new RegistryStore(this.#database, systemClock)
    this.store = new TrainingRunStore(this.#database)
  }

  static async open(): Promise<TrainingStage> {
    return new TrainingStage(await freshDatabase('anya'), await mkdtemp(path.join(tmpdir(), 'opsource-runs-')))
  }

  async close(): Promise<void> {
    for (const trainer of this.#trainers) await trainer.close()
    await this.#database.$disconnect()
    await this.fresh.drop()
    await rm(this.runsDirectory, { recursive: true, force: true })
  }

  startTrainer(limits: { readonly maxTrainingMs?: number } = {}): Trainer {
    // The log names each child's process.
    const write = (line: string) => {
      const { pid, lastWords } = JSON.parse(line)
      if (lastWords) process.stderr.write(line)
      if (pid !== undefined) this.pids.push(pid)
    }
    const trainer = new Trainer({
      ports: { databaseUrl: this.fresh.url, clock: systemClock },
      store: this.store,
      news: this.news,
      observer: new TrainingObserver({ metrics: new Registry(), log: pino({ base: null }, { write }) }),
      dataDirectory: DATA_DIRECTORY,
      runsDirectory: this.runsDirectory,
      ...limits,
      register: async ({ onnx, manifest, registration }) =>
        (await this.#registry.register(onnx, manifest, registration)).version,
    })
    this.#trainers.push(trainer)
    trainer.start()
    return trainer
  }

  newId(): string {
    return this.#ids.next('trn')
  }

  async ask(input: TrainingInput, id = this.newId(), user = 'usr_ann'): Promise<string> {
    const run = await this.store.enqueue(id, input, user, new Date(systemClock.now()))
    if (!run.ok) throw new Error(run.error)
    return run.value.id
  }

  async ended(id: string): Promise<TrainingRun> {
    let run: TrainingRun | null = null
    const hasCome = async () => {
      run = await this.store.find(id)
      return run !== null && hasEnded(run)
    }
    await until(`training ${id} ends`, hasCome, PATIENCE_MS)
    if (!run) throw new Error('the training is gone')
    return run
  }

  wait(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    return until(what, holds, PATIENCE_MS)
  }

  keeps(id: string, file: string): Promise<void> {
    return this.wait(`${file} is kept`, () => existsSync(path.join(this.runsDirectory, id, file)))
  }

  filesAreGone(): Promise<void> {
    return this.wait('its files are gone', async () => (await readdir(this.runsDirectory)).length === 0)
  }

  async registered(): Promise<string[]> {
    return (await this.#registry.versionsOf('hourly-return')).map(({ sha256 }) => sha256)
  }
}
