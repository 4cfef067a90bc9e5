import type { Role } from '@opsource/identity'
import { ManualClock } from '@opsource/kernel'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Analyst, AnalystStage } from '../../../../tests/support/analyst-stage.ts'
import { TRAINING_TEST_MS } from '../../../../tests/support/training-stage.ts'

const TINY = Object.entries({ bars: 4_200, folds: 3, rounds: 10, models: 1 }).map(([name, value]) => ({ name, value }))

let stage: AnalystStage
let clock: ManualClock
let anya: Analyst

beforeAll(async () => {
  clock = new ManualClock(Date.UTC(2024, 7, 9))
  stage = await AnalystStage.open({ clock })
  anya = await stage.start({ symbols: ['BTC-USDT'] })
})
afterAll(() => stage?.close())

const ask = (query: string, variables: object = {}, roles: readonly Role[] = ['ANALYST'], userId = 'usr_ada') =>
  anya.answer(query, variables, { roles, userId })

const TRAIN = `mutation ($input: TrainModelInput!) { trainModel(input: $input) {
  __typename ... on TrainingQueued { run { id status parameters { name value } seed requestedBy } }
  ... on InvalidInput { code message field } ... on TrainingQueueFull { code limit }
  ... on TooManyTrainings { code limit }
} }`
const CANCEL = `mutation ($input: CancelTrainingInput!) { cancelTraining(input: $input) {
  __typename ... on TrainingCancelled { run { status } } ... on Refusal { code }
} }`
const PROGRESS = `subscription ($runId: ID!) { trainingProgress(runId: $runId) {
  status stage fold folds percent attempts failure { code } metrics { name value } modelVersion { version sha256 trainedOn }
} }`
const RUNS =
  '{ trainingRuns(first: 2) { pageInfo { hasNextPage } edges { cursor node { id status recipe createdAt } } } }'

const event = z.object({
  data: z.object({
    trainingProgress: z.object({
      status: z.string(),
      percent: z.number(),
      modelVersion: z.object({ version: z.number(), sha256: z.string(), trainedOn: z.array(z.string()) }).nullable(),
    }),
  }),
})

test(
  'an analyst trains a model, follows it live, and finds it in the registry',
  async () => {
    const input = { recipe: 'hourly-return', parameters: TINY, seed: 4 }
    const { data } = await ask(TRAIN, { input })
    expect(data.trainModel.run).toMatchObject({ seed: 4, requestedBy: 'usr_ada' })
    expect(data.trainModel.run.parameters).toEqual(expect.arrayContaining([...TINY, { name: 'depth', value: 5 }]))
    const runId = data.trainModel.run.id
    const seen: z.infer<typeof event>['data']['trainingProgress'][] = []
    for await (const text of await anya.subscribe(PROGRESS, { runId }))
      seen.push(event.parse(JSON.parse(text)).data.trainingProgress)
    expect(seen.at(-1)).toMatchObject({ status: 'SUCCEEDED', percent: 100, modelVersion: { version: 1 } })
    expect(seen.at(-1)?.modelVersion?.trainedOn).toEqual(['hourly-eurusd'])
    const { data: model } = await ask('{ model(name: "hourly-return") { versions { version sha256 features } } }')
    expect(model.model.versions).toEqual([
      expect.objectContaining({ version: 1, sha256: seen.at(-1)?.modelVersion?.sha256 }),
    ])
    expect((await ask(CANCEL, { input: { runId } })).data.cancelTraining).toMatchObject({
      code: 'TRAINING_NOT_CANCELLABLE',
    })
  },
  TRAINING_TEST_MS,
)

test(
  'what waits is listed, newest first, refused beyond its bound, and cancelled',
  async () => {
    const asked = []
    const users = [...Array(6).fill('usr_ada'), ...Array(4).fill(['usr_bob', 'usr_cy']).flat()]
    for (const user of users) {
      const input = { recipe: 'hourly-volatility' }
      asked.push((await ask(TRAIN, { input }, ['ANALYST'], user)).data.trainModel)
      clock.advance(1)
    }
    expect(asked[5]).toMatchObject({ code: 'TOO_MANY_TRAININGS', limit: 4 })
    const refused = asked.filter(({ __typename }) => __typename === 'TrainingQueueFull')
    expect(refused.length).toBeGreaterThanOrEqual(3)
    expect(refused[0]).toMatchObject({ code: 'TRAINING_QUEUE_FULL', limit: 8 })
    const ids = asked.flatMap(({ run }) => (run ? [run.id] : []))
    const { data } = await ask(RUNS)
    expect(data.trainingRuns.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(
      ids.toReversed().slice(0, 2),
    )
    expect(data.trainingRuns.pageInfo.hasNextPage).toBe(true)
    for (const runId of ids)
      expect((await ask(CANCEL, { input: { runId } })).data.cancelTraining).toMatchObject({
        run: { status: 'CANCELLED' },
      })
    expect((await ask(CANCEL, { input: { runId: 'trn_none' } })).data.cancelTraining.code).toBe('UNKNOWN_TRAINING')
  },
  TRAINING_TEST_MS,
)

test(
  'what a recipe does not take is refused by its field, and nobody but analysts trains',
  async () => {
    const { data } = await ask(
      '{ trainingRecipes { name about seed parameters { name default minimum maximum isWhole } } }',
    )
    expect(data.trainingRecipes.map(({ name }: { name: string }) => name)).toContain('mid-direction')
    const invalid = { recipe: 'hourly-return', parameters: [{ name: 'depth', value: 99 }] }
    expect((await ask(TRAIN, { input: invalid })).data.trainModel).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'input.parameters',
      message: expect.stringContaining('depth is a whole number from 1 to 12'),
    })
    const refused = await ask(TRAIN, { input: { recipe: 'hourly-return' } }, ['TRADER'])
    expect(refused.errors[0].extensions.code).toBe('FORBIDDEN')
    expect((await ask('{ trainingRun(id: "trn_none\\u0000") { id } }')).data).toEqual({ trainingRun: null })
  },
  TRAINING_TEST_MS,
)
