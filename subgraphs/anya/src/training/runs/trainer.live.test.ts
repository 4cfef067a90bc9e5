import { mkdir, symlink } from 'node:fs/promises'
import { constants, getPriority } from 'node:os'
import path from 'node:path'
import { systemClock } from '@opsource/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  TRAINING_TEST_MS,
  TrainingStage,
  tinyTraining,
  trainedUndisturbed,
  undisturbed,
} from '../../../../../tests/support/training-stage.ts'
import { register } from '../registration.ts'
import { MAX_QUEUED, MAX_QUEUED_OF_USER } from './store.ts'
import { progressOf } from './stream.ts'
import type { TrainingRun } from './training-run.ts'

let stage: TrainingStage
beforeEach(async () => {
  stage = await TrainingStage.open()
})
afterEach(() => stage?.close())

test(
  'a training is told step by step, computes beside the platform, and leaves a version and no files',
  async () => {
    const id = await stage.ask(tinyTraining(1))
    const seen: TrainingRun[] = []
    const watching = (async () => {
      for await (const run of progressOf(id, stage)) seen.push(run)
    })()
    stage.startTrainer()
    await stage.wait('its process is started', () => stage.pids.length > 0)
    await stage.keeps(id, 'fold-1.json')
    expect(getPriority(stage.pids[0])).toBe(constants.priority.PRIORITY_BELOW_NORMAL)
    await watching
    expect(seen[0]).toMatchObject({ status: 'QUEUED', stage: null, percent: 0 })
    expect(seen.at(-1)).toMatchObject({
      status: 'SUCCEEDED',
      percent: 100,
      modelVersion: 1,
      attempts: 1,
      failure: null,
    })
    expect(seen.some(({ stage, fold }) => stage === 'FOLDS' && fold !== null)).toBe(true)
    expect(seen.at(-1)?.metrics.testRows).toBeGreaterThan(1_000)
    const percents = seen.map(({ percent }) => percent)
    expect(percents).toEqual(percents.toSorted((a, b) => a - b))
    await stage.filesAreGone()
    expect(await stage.registered()).toEqual([await undisturbed(1)])
  },
  TRAINING_TEST_MS,
)

test(
  'one whose process is killed in the middle of a fold goes on, and gives the file that it would have given',
  async () => {
    const id = await stage.ask(tinyTraining(2))
    stage.startTrainer()
    await stage.keeps(id, 'fold-1.json')
    process.kill(stage.pids[0]!, 'SIGKILL')
    expect(await stage.ended(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 })
    expect(await stage.registered()).toEqual([await undisturbed(2)])
  },
  TRAINING_TEST_MS,
)

test(
  'two that register at once each get a version, and the same file but one',
  async () => {
    const [a, b] = [await trainedUndisturbed(1), await trainedUndisturbed(2)]
    const versions = await Promise.all([a, b, a, b].map((trained) => register(stage.fresh.url, trained)))
    expect(versions.map(({ version }) => version).toSorted()).toEqual([1, 1, 2, 2])
    expect(versions.filter(({ isNew }) => isNew)).toHaveLength(2)
    expect((await stage.registered()).toSorted()).toEqual([a.manifest.sha256, b.manifest.sha256].toSorted())
  },
  TRAINING_TEST_MS,
)

test(
  'one that is cancelled ends at once, and nothing of it is left',
  async () => {
    const id = await stage.ask(tinyTraining(9))
    stage.startTrainer()
    await stage.keeps(id, 'fold-1.json')
    expect(await stage.store.cancel(id, new Date(systemClock.now()))).toBe(true)
    await stage.wait('its process is gone', () => !isAlive(stage.pids[0]!))
    await stage.filesAreGone()
    expect(await stage.ended(id)).toMatchObject({ status: 'CANCELLED', modelVersion: null })
    expect(await stage.registered()).toEqual([])
    expect(await stage.store.cancel(id, new Date(systemClock.now()))).toBe(false)
  },
  TRAINING_TEST_MS,
)

test(
  'a full disk ends a training with that reason, and nothing of it is left',
  async () => {
    const id = stage.newId()
    await mkdir(path.join(stage.runsDirectory, id))
    // What the first attempt writes of its second fold goes to a disk that is full.
    await symlink('/dev/full', path.join(stage.runsDirectory, id, 'fold-2.json.1.tmp'))
    await stage.ask(tinyTraining(10), id)
    stage.startTrainer()
    expect(await stage.ended(id)).toMatchObject({
      status: 'FAILED',
      failure: { code: 'DISK_FULL' },
      modelVersion: null,
    })
    await stage.filesAreGone()
    expect(await stage.registered()).toEqual([])
  },
  TRAINING_TEST_MS,
)

test(
  'one that computes longer than it may ends with that reason, however often it was begun, and nothing of it is left',
  async () => {
    const id = await stage.ask(tinyTraining(12))
    const patient = stage.startTrainer()
    await stage.keeps(id, 'fold-1.json')
    await patient.close()
    await stage.store.spend(id, 3_600_000)
    stage.startTrainer({ maxTrainingMs: 3_600_001 })
    const failure = { code: 'TIMED_OUT', message: 'It was not done within 60 minutes.' }
    expect(await stage.ended(id)).toMatchObject({ status: 'FAILED', failure, modelVersion: null })
    await stage.filesAreGone()
  },
  TRAINING_TEST_MS,
)

test(
  'one that has too few data fails with that reason',
  async () => {
    const input = tinyTraining(11)
    const id = await stage.ask({ ...input, parameters: { ...input.parameters, bars: 1_000 } })
    stage.startTrainer()
    const failure = { code: 'INVALID_DATA', message: expect.stringContaining('1000 bars are too few') }
    expect(await stage.ended(id)).toMatchObject({ status: 'FAILED', failure })
  },
  TRAINING_TEST_MS,
)

test(
  'no more wait than may',
  async () => {
    const another = (user: string) =>
      stage.store.enqueue(stage.newId(), tinyTraining(99), user, new Date(systemClock.now()))
    for (let i = 0; i < MAX_QUEUED_OF_USER; i++) await stage.ask(tinyTraining(i))
    expect(await another('usr_ann')).toEqual({ ok: false, error: 'TOO_MANY_OF_USER' })
    for (let i = MAX_QUEUED_OF_USER; i < MAX_QUEUED; i++) await stage.ask(tinyTraining(i), stage.newId(), 'usr_bob')
    expect(await another('usr_cy')).toEqual({ ok: false, error: 'QUEUE_FULL' })
  },
  TRAINING_TEST_MS,
)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
