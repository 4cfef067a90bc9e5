import { connection, pageOf } from '@opsource/subgraph'
import { callerOf } from '../caller.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { invalidInput } from '../invalid-input.ts'
import { EMPTY_RANGE, instant, rangeOf, refusedBy } from './answers.ts'
import type { FeatureStore } from './feature-store.ts'
import { progressOf } from './job-progress.ts'
import { type FeatureJob, type JobRequest, MAX_QUEUED_JOBS } from './jobs.ts'
import { isEntityName } from './offline/listing.ts'
import { VIEWS, viewNamed } from './views/index.ts'

export function jobResolvers(store: FeatureStore): Pick<Resolvers, 'FeatureJob' | 'Mutation'> & {
  readonly Subscription: Pick<NonNullable<Resolvers['Subscription']>, 'featureJobProgress'>
  readonly Query: Pick<NonNullable<Resolvers['Query']>, 'featureJob' | 'featureJobs'>
} {
  const start = async (
    input: { readonly view: string; readonly from: string; readonly to: string },
    rest: Pick<JobRequest, 'kind' | 'entity' | 'repair' | 'requestedBy'>,
  ) => {
    if (!viewNamed(input.view)) return unknownView
    const range = rangeOf(input)
    if (!range) return invalidInput('input.to', EMPTY_RANGE)
    const job = await store.startJob({ ...rest, view: input.view, ...range })
    if (!job.ok) return refusedBy(job.error)
    return job.value ? { __typename: 'FeatureJobAccepted' as const, job: job.value } : tooMany
  }
  return {
    Query: {
      featureJob: (_, { id }) => store.jobs.get(id),
      featureJobs: (_, args) => {
        const page = pageOf(args, { keys: 1 })
        const [behind] = page.after ?? []
        const rest = store.jobs.all().filter(({ id }) => behind === undefined || id < String(behind))
        return connection(rest.slice(0, page.first + 1), page, ({ id }) => [id])
      },
    },
    Mutation: {
      backfillFeatures: (_, { input }, context) => {
        if (!isEntityName(input.entity)) return invalidInput('input.entity', 'No entity has such a name.')
        const { entity } = input
        return start(input, { kind: 'BACKFILL', entity, repair: input.repair ?? false, requestedBy: callerOf(context) })
      },
      materialiseFeatures: (_, { input }, context) =>
        start(input, { kind: 'MATERIALISE', entity: null, repair: false, requestedBy: callerOf(context) }),
      cancelFeatureJob: (_, { input: { id } }) => {
        const job = store.jobs.cancel(id)
        if (job) return { __typename: 'FeatureJobCancelled', job }
        return { __typename: 'UnknownFeatureJob', code: 'UNKNOWN_FEATURE_JOB', message: 'There is no such job.' }
      },
    },
    Subscription: {
      featureJobProgress: {
        subscribe: (_, { jobId }) => progressOf(jobId, store.jobs),
        resolve: (job: FeatureJob) => job,
      },
    },
    FeatureJob: {
      from: ({ from }) => instant(from),
      to: ({ to }) => instant(to),
      createdAt: ({ createdAt }) => instant(createdAt),
      startedAt: ({ startedAt }) => (startedAt === null ? null : instant(startedAt)),
      endedAt: ({ endedAt }) => (endedAt === null ? null : instant(endedAt)),
    },
  }
}

const unknownView = {
  __typename: 'UnknownFeatureView' as const,
  code: 'UNKNOWN_FEATURE_VIEW',
  message: `There is no such view; there are ${VIEWS.map(({ view }) => view.name).join(', ')}.`,
}

const tooMany = {
  __typename: 'TooManyFeatureJobs' as const,
  code: 'TOO_MANY_FEATURE_JOBS',
  message: `At most ${MAX_QUEUED_JOBS} jobs wait: ask again when one has ended.`,
  limit: MAX_QUEUED_JOBS,
}
