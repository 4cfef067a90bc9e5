import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { constants, getPriority, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { MemoryCache } from '@opsource/cache'
import { IdSource, systemClock, systemRandom } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { until } from '../../../../../tests/support/waiting.ts'
import { type Database, openDatabase } from '../../database.ts'
import { RegistryStore } from '../../registry/index.ts'
import { readInput } from '../recipes.ts'
import { register } from '../registration.ts'
import { train } from '../run.ts'
import { RunNews } from './news.ts'
import { TrainingObserver } from './observe.ts'
import { MAX_QUEUED, TrainingRunStore } from './store.ts'
import { progressOf } from './stream.ts'
import { Trainer } from './trainer.ts'
import { hasEnded, type TrainingRun } from './training-run.ts'

const root = path.resolve(import.meta.dirname, '../../../../..')
const dataDirectory = path.join(root, 'data')
const TRAINER_PROCESS = fileURLToPath(new URL('../../testing/trainer-process.ts', import.meta.url))
/** As long as a busy machine needs. */
const PATIENCE_MS = 100_000

let fresh: FreshDatabase
let database: Database
let store: TrainingRunStore
let news: RunNews
let runsDirectory: string
let pids: number[]
let trainers: Trainer[]
let processes: ChildProcess[]
const cache = new MemoryCache({ clock: systemClock, log: pino({ level: 'silent' }) })
const ids = new IdSource(systemClock, systemRandom)

beforeEach(async () => {
  fresh = await freshDatabase('anya')
  database = openDatabase(fresh.url)
  store = new TrainingRunStore(database)
  news = new RunNews(cache)
  runsDirectory = await mkdtemp(path.join(tmpdir(), 'opsource-runs-'))
  pids = []
  trainers = []
  processes = []
})
afterEach(async () => {
  for (const started of processes) started.kill('SIGKILL')
  for (const trainer of trainers) await trainer.close()
  await database.$disconnect()
  await fresh.drop()
  await rm(runsDirectory, { recursive: true, force: true })
})

function startTrainer(): Trainer {
  const registry = new RegistryStore(database, systemClock)
  // The log names each child's process.
  const log = pino(
    { base: null },
    {
      write: (line: string) => {
        const { pid, lastWords } = JSON.parse(line)
        if (lastWords) process.stderr.write(line)
        if (pid !== undefined) pids.push(pid)
      },
    },
  )
  const trainer = new Trainer({
    ports: { databaseUrl: fresh.url, clock: systemClock },
    store,
    news,
    observer: new TrainingObserver({ metrics: new Registry(), log }),
    dataDirectory,
    runsDirectory,
    register: async ({ onnx, manifest, registration }) =>
      (await registry.register(onnx, manifest, registration)).version,
  })
  trainers.push(trainer)
  trainer.start()
  return trainer
}

/** Small, of three folds. */
function tiny(seed: number) {
  const parameters = Object.entries({ bars: 4_200, folds: 3, rounds: 10, models: 1 })
  const input = readInput({
    recipe: 'hourly-return',
    parameters: parameters.map(([name, value]) => ({ name, value })),
    seed,
  })
  if (!input.ok) throw new Error(input.error.message)
  return input.value
}

async function ask(seed: number, id = ids.next('trn')): Promise<string> {
  const run = await store.enqueue(id, tiny(seed), 'usr_ann', new Date(systemClock.now()))
  if (!run) throw new Error('the queue is full')
  return run.id
}

async function ended(id: string): Promise<TrainingRun> {
  let run = await store.find(id)
  await until(
    `training ${id} ends`,
    async () => {
      run = await store.find(id)
      return run !== null && hasEnded(run)
    },
    PATIENCE_MS,
  )
  if (!run) throw new Error('the training is gone')
  return run
}

const hasKept = (id: string, file: string) => existsSync(path.join(runsDirectory, id, file))
const keeps = (id: string, file: string) => until(`${file} is kept`, () => hasKept(id, file), PATIENCE_MS)

const filesAreGone = () =>
  until('its files are gone', async () => (await readdir(runsDirectory)).length === 0, PATIENCE_MS)

async function registered(): Promise<string[]> {
  return (await new RegistryStore(database, systemClock).versionsOf('hourly-return')).map(({ sha256 }) => sha256)
}

const undisturbed = async (seed: number) => (await train(tiny(seed), { dataDirectory })).manifest.sha256

test('a training is told step by step, computes beside the platform, and leaves a version and no files', async () => {
  const id = await ask(1)
  const seen: TrainingRun[] = []
  const watching = (async () => {
    for await (const run of progressOf(id, { store, news })) seen.push(run)
  })()
  startTrainer()
  await until('its process is started', () => pids.length > 0, PATIENCE_MS)
  await keeps(id, 'fold-1.json')
  expect(getPriority(pids[0])).toBe(constants.priority.PRIORITY_LOW)
  await watching
  expect(seen[0]).toMatchObject({ status: 'QUEUED', stage: null, percent: 0 })
  expect(seen.at(-1)).toMatchObject({ status: 'SUCCEEDED', percent: 100, modelVersion: 1, attempts: 1, failure: null })
  expect(seen.some(({ stage, fold }) => stage === 'FOLDS' && fold !== null)).toBe(true)
  expect(seen.at(-1)?.metrics.testRows).toBeGreaterThan(1_000)
  const percents = seen.map(({ percent }) => percent)
  expect(percents).toEqual(percents.toSorted((a, b) => a - b))
  await filesAreGone()
  expect(await registered()).toEqual([await undisturbed(1)])
})

test('one whose process is killed in the middle of a fold goes on, and gives the file that it would have given', async () => {
  const id = await ask(2)
  startTrainer()
  await keeps(id, 'fold-1.json')
  process.kill(pids[0]!, 'SIGKILL')
  expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 })
  expect(await registered()).toEqual([await undisturbed(2)])
})

test('one whose platform is killed goes on when another starts, and gives the file that it would have given', async () => {
  const id = await ask(3)
  const platform = spawn(process.execPath, [TRAINER_PROCESS, fresh.url, runsDirectory, dataDirectory], {
    stdio: 'ignore',
  })
  processes.push(platform)
  await keeps(id, 'fold-1.json')
  platform.kill('SIGKILL')
  startTrainer()
  expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 })
  expect(await registered()).toEqual([await undisturbed(3)])
  await filesAreGone()
})

test('a platform that stops in good order loses nothing and costs no attempt', async () => {
  const id = await ask(4)
  const first = startTrainer()
  await keeps(id, 'fold-1.json')
  await first.close()
  expect(await store.find(id)).toMatchObject({ status: 'RUNNING', attempts: 0 })
  startTrainer()
  expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 1 })
  expect(await registered()).toEqual([await undisturbed(4)])
})

test('two platforms train one after the other what waits, each once', async () => {
  const asked = [await ask(5), await ask(6)]
  startTrainer()
  startTrainer()
  for (const id of asked) expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 1 })
  expect(pids).toHaveLength(2)
  expect((await registered()).toSorted()).toEqual([await undisturbed(5), await undisturbed(6)].toSorted())
})

test('two that register at once each get a version, and the same file but one', async () => {
  const [a, b] = [await train(tiny(7), { dataDirectory }), await train(tiny(8), { dataDirectory })]
  const versions = await Promise.all([a, b, a, b].map((trained) => register(fresh.url, trained)))
  expect(versions.map(({ version }) => version).toSorted()).toEqual([1, 1, 2, 2])
  expect(versions.filter(({ isNew }) => isNew)).toHaveLength(2)
  expect((await registered()).toSorted()).toEqual([a.manifest.sha256, b.manifest.sha256].toSorted())
})

test('one that is cancelled ends at once, and nothing of it is left', async () => {
  const id = await ask(9)
  startTrainer()
  await keeps(id, 'fold-1.json')
  expect(await store.cancel(id, new Date(systemClock.now()))).toBe(true)
  await until('its process is gone', () => !isAlive(pids[0]!), PATIENCE_MS)
  await filesAreGone()
  expect(await ended(id)).toMatchObject({ status: 'CANCELLED', modelVersion: null })
  expect(await registered()).toEqual([])
  expect(await store.cancel(id, new Date(systemClock.now()))).toBe(false)
})

test('a full disk ends a training with that reason, and nothing of it is left', async () => {
  const id = ids.next('trn')
  await mkdir(path.join(runsDirectory, id))
  // What the first attempt writes of its second fold goes to a disk that is full.
  await symlink('/dev/full', path.join(runsDirectory, id, 'fold-2.json.1.tmp'))
  await ask(10, id)
  startTrainer()
  expect(await ended(id)).toMatchObject({ status: 'FAILED', failure: { code: 'DISK_FULL' }, modelVersion: null })
  await filesAreGone()
  expect(await registered()).toEqual([])
})

test('one whose data are not there fails with that reason, and the next goes on', async () => {
  const bad = ids.next('trn')
  const input = { ...tiny(11), parameters: { ...tiny(11).parameters, bars: 1_000 } }
  await store.enqueue(bad, input, 'usr_ann', new Date(systemClock.now()))
  const good = await ask(11)
  startTrainer()
  const failure = { code: 'INVALID_DATA', message: expect.stringContaining('1000 bars are too few') }
  expect(await ended(bad)).toMatchObject({ status: 'FAILED', failure })
  expect(await ended(good)).toMatchObject({ status: 'SUCCEEDED' })
})

test('no more wait than may', async () => {
  for (let i = 0; i < MAX_QUEUED; i++) await ask(i)
  expect(await store.enqueue(ids.next('trn'), tiny(99), 'usr_ann', new Date(systemClock.now()))).toBeNull()
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
