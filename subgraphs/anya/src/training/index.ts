import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { PoolLimits } from '@opsource/database'
import type { Ports } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { VersionLoader } from '../registry/index.ts'
import { trainingResolvers } from './resolvers.ts'
import { RunNews } from './runs/news.ts'
import { TrainingObserver } from './runs/observe.ts'
import type { TrainingResult } from './runs/result.ts'
import { TrainingRunStore } from './runs/store.ts'
import { Trainer } from './runs/trainer.ts'
import type { TrainingRun } from './runs/training-run.ts'

export type { TrainingRun } from './runs/training-run.ts'

/** What comes with the code to train on. */
const DATA_SETS = path.resolve(import.meta.dirname, '../../../../data')

export interface TrainingOptions {
  readonly ports: Ports
  readonly database: Database
  readonly versions: VersionLoader
  /** Where runs keep what they have computed; null: in a folder that goes with the process, so that a run begins anew in the next. */
  readonly directory: string | null
  /** Of the connection that holds the trainer's lock. */
  readonly connections?: PoolLimits
  /** How long a training may run, in milliseconds. */
  readonly maxTrainingMs?: number
  /** Puts a trained model into the registry. @returns its version. */
  readonly register: (result: TrainingResult, run: TrainingRun) => Promise<number>
}

/** Starts the trainer. `close` stops it without losing anything. */
export async function openTraining(options: TrainingOptions) {
  const { ports, database, versions, directory, register, maxTrainingMs, connections } = options
  const { clock, ids } = ports
  const store = new TrainingRunStore(database)
  const news = new RunNews(ports.cache)
  const home = directory ?? (await mkdtemp(path.join(tmpdir(), 'opsource-training-')))
  const trainer = new Trainer({
    ports,
    store,
    news,
    observer: new TrainingObserver(ports),
    dataDirectory: DATA_SETS,
    runsDirectory: path.join(home, 'training'),
    register,
    ...(maxTrainingMs === undefined ? {} : { maxTrainingMs }),
    ...(connections ? { connections } : {}),
  })
  trainer.start()
  const resolvers: Resolvers = trainingResolvers({ store, trainer, news, versions, clock, ids })
  const close = async () => {
    await trainer.close()
    if (directory === null) await rm(home, { recursive: true, force: true })
  }
  return { resolvers, close }
}
