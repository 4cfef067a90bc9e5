import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  DATA_DIRECTORY,
  TRAINING_TEST_MS,
  TrainingStage,
  tinyTraining,
  undisturbed,
} from '../support/training-stage.ts'

const TRAINER_PROCESS = fileURLToPath(new URL('../../subgraphs/anya/src/testing/trainer-process.ts', import.meta.url))

let processes: ChildProcess[]

let stage: TrainingStage
beforeEach(async () => {
  processes = []
  stage = await TrainingStage.open()
})
afterEach(async () => {
  for (const started of processes) started.kill('SIGKILL')
  await stage?.close()
})

test(
  'one whose platform is killed goes on when another starts, and gives the file that it would have given',
  async () => {
    const id = await stage.ask(tinyTraining(3))
    const platform = spawn(process.execPath, [TRAINER_PROCESS, stage.fresh.url, stage.runsDirectory, DATA_DIRECTORY], {
      stdio: 'ignore',
    })
    processes.push(platform)
    await stage.keeps(id, 'fold-1.json')
    platform.kill('SIGKILL')
    stage.startTrainer()
    expect(await stage.ended(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 })
    expect(await stage.registered()).toEqual([await undisturbed(3)])
    await stage.filesAreGone()
  },
  TRAINING_TEST_MS,
)

test(
  'a platform that stops in good order loses nothing and costs no attempt',
  async () => {
    const id = await stage.ask(tinyTraining(4))
    const first = stage.startTrainer()
    await stage.keeps(id, 'fold-1.json')
    await first.close()
    expect(await stage.store.find(id)).toMatchObject({ status: 'RUNNING', attempts: 0 })
    stage.startTrainer()
    expect(await stage.ended(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 1 })
    expect(await stage.registered()).toEqual([await undisturbed(4)])
  },
  TRAINING_TEST_MS,
)

test(
  'two platforms train one after the other what waits, each once',
  async () => {
    const asked = [await stage.ask(tinyTraining(5)), await stage.ask(tinyTraining(6))]
    stage.startTrainer()
    stage.startTrainer()
    for (const id of asked) expect(await stage.ended(id)).toMatchObject({ status: 'SUCCEEDED', attempts: 1 })
    expect(stage.pids).toHaveLength(2)
    expect((await stage.registered()).toSorted()).toEqual([await undisturbed(5), await undisturbed(6)].toSorted())
  },
  TRAINING_TEST_MS,
)
