import { setTimeout as sleep } from 'node:timers/promises'
import { fault } from '@opsource/subgraph'
import type { FeatureJob, FeatureJobs } from './jobs.ts'

/** A job changes with every part that it has written: nobody reads faster. */
const PAUSE_MS = 250

/** The job as it is, and each time it has changed, until it has ended. */
export async function* progressOf(id: string, jobs: Pick<FeatureJobs, 'get'>): AsyncGenerator<FeatureJob, void, void> {
  let job = jobs.get(id)
  if (!job) throw fault('BAD_USER_INPUT', 'There is no such job.')
  for (let shown: FeatureJob | undefined; job; job = jobs.get(id)) {
    if (job !== shown) yield job
    shown = job
    if (job.endedAt !== null) return
    await sleep(PAUSE_MS)
  }
}
