import type { Clock, IdSource } from '@opsource/kernel'
import { connection, fault, pageOf } from '@opsource/subgraph'
import { callerOf } from '../caller.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { invalidInput } from '../invalid-input.ts'
import type { VersionLoader } from '../registry/index.ts'
import { RECIPES, readInput } from './recipes.ts'
import type { RunNews } from './runs/news.ts'
import { MAX_QUEUED, MAX_QUEUED_OF_USER, type TrainingRunStore } from './runs/store.ts'
import { progressOf } from './runs/stream.ts'
import type { Trainer } from './runs/trainer.ts'
import { isRunId } from './runs/training-run.ts'

export interface TrainingServices {
  readonly store: TrainingRunStore
  readonly trainer: Trainer
  readonly news: RunNews
  readonly versions: VersionLoader
  readonly clock: Clock
  readonly ids: IdSource
}

export function trainingResolvers({
  store,
  trainer,
  news,
  versions,
  clock,
  ids,
}: TrainingServices): Pick<Resolvers, 'Query' | 'Mutation' | 'Subscription' | 'TrainingRun'> {
  const now = () => new Date(clock.now())
  return {
    Query: {
      trainingRecipes: () =>
        RECIPES.map(({ name, about, parameters, seed }) => ({ name, about, parameters: [...parameters], seed })),
      trainingRuns: async (_, args) => {
        const page = pageOf(args, { keys: 1 })
        if (page.after !== null && !isRunId(String(page.after[0])))
          throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
        return connection(await store.page(page), page, ({ id }) => [id])
      },
      trainingRun: (_, { id }) => store.find(id),
    },
    Mutation: {
      trainModel: async (_, { input }, context) => {
        const { recipe, parameters, seed } = input
        const read = readInput({ recipe, parameters: parameters ?? [], seed: seed ?? null })
        if (!read.ok) return invalidInput(`input.${read.error.field}`, read.error.message)
        const run = await store.enqueue(ids.next('trn'), read.value, callerOf(context), now())
        if (!run.ok) return run.error === 'QUEUE_FULL' ? queueFull() : tooManyOfUser()
        trainer.wake()
        return { __typename: 'TrainingQueued', run: run.value }
      },
      cancelTraining: async (_, { input: { runId } }) => {
        const isCancelled = isRunId(runId) && (await store.cancel(runId, now()))
        if (isCancelled) trainer.cancelled(runId)
        const run = await store.find(runId)
        if (!run) return unknown()
        if (!isCancelled) return { ...tooLate(), run }
        await news.publish(runId)
        return { __typename: 'TrainingCancelled', run }
      },
    },
    Subscription: {
      trainingProgress: {
        subscribe: (_, { runId }) => progressOf(runId, { store, news }),
        resolve: (run: Awaited<ReturnType<typeof store.find>>) => run,
      },
    },
    TrainingRun: {
      parameters: ({ parameters }) => listed(parameters),
      metrics: ({ metrics }) => listed(metrics),
      modelVersion: ({ recipe, modelVersion }, _, context) =>
        modelVersion === null ? null : versions(context).load({ modelName: recipe, version: modelVersion }),
      createdAt: ({ createdAt }) => createdAt.toISOString(),
      startedAt: ({ startedAt }) => startedAt?.toISOString() ?? null,
      endedAt: ({ endedAt }) => endedAt?.toISOString() ?? null,
    },
  }
}

const listed = (numbers: Readonly<Record<string, number>>) =>
  Object.entries(numbers).map(([name, value]) => ({ name, value }))

const queueFull = () => ({
  __typename: 'TrainingQueueFull' as const,
  code: 'TRAINING_QUEUE_FULL',
  message: `${MAX_QUEUED} trainings wait already.`,
  limit: MAX_QUEUED,
})

const tooManyOfUser = () => ({
  __typename: 'TooManyTrainings' as const,
  code: 'TOO_MANY_TRAININGS',
  message: `${MAX_QUEUED_OF_USER} trainings of yours wait already.`,
  limit: MAX_QUEUED_OF_USER,
})

const unknown = () => ({
  __typename: 'UnknownTraining' as const,
  code: 'UNKNOWN_TRAINING',
  message: 'There is no such training.',
})

const tooLate = () => ({
  __typename: 'TrainingNotCancellable' as const,
  code: 'TRAINING_NOT_CANCELLABLE',
  message: 'The training has ended, or its model is being registered.',
})
