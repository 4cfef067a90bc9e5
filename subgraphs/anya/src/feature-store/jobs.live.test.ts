import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { IdSource, ManualClock, systemRandom } from '@opsource/kernel'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { until } from '../../../../tests/support/waiting.ts'
import { FeatureJobs, type JobRequest, type JobWork, MAX_QUEUED_JOBS } from './jobs.ts'

const PATIENCE_MS = 60_000
vi.setConfig({ testTimeout: 3 * PATIENCE_MS })
const REQUEST: JobRequest = {
  ...{ kind: 'BACKFILL', view: 'bars_1h', entity: 'EUR-USD', from: 0, to: 1, repair: false, requestedBy: 'usr_ann' },
}

let folder: string
let clock: ManualClock
let open: FeatureJobs[]
let faults: unknown[]
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'opsource-jobs-'))
  clock = new ManualClock(1_000)
  open = []
  faults = []
})
afterEach(async () => {
  for (const jobs of open) await jobs.close()
  await rm(folder, { recursive: true, force: true })
})

async function started(work: JobWork): Promise<FeatureJobs> {
  const jobs = new FeatureJobs(folder, { clock, ids: new IdSource(clock, systemRandom) }, work, (error) => {
    faults.push(error)
  })
  open.push(jobs)
  await jobs.start()
  return jobs
}

const untilGivenUp: JobWork = (_, { signal }) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve({ code: 'CANCELLED', message: '' })))
const ended = (jobs: FeatureJobs, id: string) =>
  until('the job to end', () => jobs.get(id)?.endedAt != null, PATIENCE_MS).then(() => jobs.get(id))

test('jobs run one after another, tell how far they are, and are remembered after a restart', async () => {
  const running: string[] = []
  let most = 0
  const jobs = await started(async ({ id }, { progress }) => {
    running.push(id)
    most = Math.max(most, running.length)
    progress({ rows: 7 })
    await new Promise((resolve) => setTimeout(resolve, 5))
    progress({ added: 3 })
    running.pop()
    return null
  })
  const ids = [1, 2, 3].map(() => jobs.add(REQUEST)?.id ?? '')
  for (const id of ids) expect(await ended(jobs, id)).toMatchObject({ state: 'DONE', rows: 7, added: 3, error: null })
  expect(most).toBe(1)
  await jobs.close()
  const again = await started(untilGivenUp)
  expect(again.all().map(({ id }) => id)).toEqual([...ids].sort().reverse())
})

test('a job that fails says why, a fault of ours is told to the log and not to the caller', async () => {
  const jobs = await started(async ({ from }) => {
    if (from === 1) throw new Error('a path and a secret')
    return { code: 'DISK_FULL', message: 'no room' }
  })
  const [full, broken] = [jobs.add(REQUEST), jobs.add({ ...REQUEST, from: 1 })]
  expect(await ended(jobs, full?.id ?? '')).toMatchObject({ state: 'FAILED', error: { code: 'DISK_FULL' } })
  const told = await ended(jobs, broken?.id ?? '')
  expect(told).toMatchObject({ state: 'FAILED', error: { code: 'FAILED' } })
  expect(told?.error?.message).not.toContain('secret')
  expect(faults).toHaveLength(1)
})

test('a job is given up while it waits and while it runs, and not once it has ended', async () => {
  const jobs = await started(untilGivenUp)
  const [first, second] = [jobs.add(REQUEST), jobs.add(REQUEST)]
  expect(jobs.cancel(second?.id ?? '')).toMatchObject({ state: 'CANCELLED', startedAt: null })
  jobs.cancel(first?.id ?? '')
  const done = await ended(jobs, first?.id ?? '')
  expect(done).toMatchObject({ state: 'CANCELLED' })
  expect(jobs.cancel(first?.id ?? '')).toEqual(done)
  expect(jobs.cancel('job_unknown')).toBeNull()
})

test('more jobs than may wait are refused', async () => {
  const jobs = await started(untilGivenUp)
  const taken = Array.from({ length: MAX_QUEUED_JOBS + 2 }, () => jobs.add(REQUEST))
  expect(taken.filter((job) => job === null)).toHaveLength(1)
  await jobs.close()
  expect(jobs.all().every(({ state }) => state === 'CANCELLED')).toBe(true)
})

test('a job that was under way when the process died has failed, and a damaged journal is begun anew', async () => {
  const jobs = await started(untilGivenUp)
  const job = jobs.add(REQUEST)
  const file = path.join(folder, 'jobs.json')
  await until(
    'the journal to be written',
    () =>
      readFile(file).then(
        () => true,
        () => false,
      ),
    PATIENCE_MS,
  )
  const asKilled = await readFile(file)
  await jobs.close()
  await writeFile(file, asKilled)
  const again = await started(untilGivenUp)
  expect(again.get(job?.id ?? '')).toMatchObject({ state: 'FAILED', error: { code: 'INTERRUPTED' } })
  await again.close()
  await writeFile(file, '[{"id":')
  expect((await started(untilGivenUp)).all()).toEqual([])
})
