import process from 'node:process'
import { err, ok, type Result } from '@opsource/kernel'
import { Rejected, type Rejection } from './rejection.ts'
import { type TrialFigures, type TrialRequest, tryModel } from './trial.ts'

/** What the process says: that it can begin, and what came of the trial. */
export type TrialReply =
  | { readonly kind: 'READY' }
  | { readonly kind: 'DONE'; readonly result: Result<TrialFigures, Rejection>; readonly largestBytes: number }

const KILOBYTE = 1024

const reply = (message: TrialReply) => process.send?.(message)

async function answer(request: TrialRequest): Promise<Result<TrialFigures, Rejection>> {
  try {
    return ok(await tryModel(request))
  } catch (error) {
    if (error instanceof Rejected) return err(error.rejection)
    throw error
  }
}

// Whoever wanted to know is gone.
process.once('disconnect', () => process.exit())
process.once('message', async (request: TrialRequest) => {
  const result = await answer(request)
  reply({ kind: 'DONE', result, largestBytes: process.resourceUsage().maxRSS * KILOBYTE })
})
reply({ kind: 'READY' })
