import { type ChildProcess, fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { err, type Result } from '@opsource/kernel'
import { plainReason } from '../inference/reason.ts'
import type { Rejection } from './rejection.ts'
import type { TrialFigures, TrialRequest } from './trial.ts'
import type { TrialReply } from './trial-worker.ts'

const WORKER = fileURLToPath(new URL('./trial-worker.ts', import.meta.url))
/** JavaScript's share: the file, the sample, and what they are read into. */
const MAX_HEAP_MB = 128
const MEMORY_CHECK_INTERVAL_MS = 20
/** Linux tells it in pages of this size on the processors that Node runs on here; elsewhere the child tells at its end. */
const PAGE_BYTES = 4_096

export interface TrialLimits {
  /** For the process to begin: a machine may be busy. */
  readonly startMs: number
  /** From the beginning to the end of the trial. */
  readonly runMs: number
  /** Resident bytes of the process. Node and onnxruntime take about 120 MB of it. */
  readonly residentBytes: number
}

export const TRIAL_LIMITS: TrialLimits = { startMs: 30_000, runMs: 6_000, residentBytes: 512 * 1024 * 1024 }

/**
 * Tries a foreign model in a process of its own, which is killed when it takes too long or too much: native code that runs cannot be
 * stopped in any other way, and one that breaks takes its process along.
 */
export async function tryInProcess(
  request: TrialRequest,
  limits: TrialLimits = TRIAL_LIMITS,
): Promise<Result<TrialFigures, Rejection>> {
  const child = fork(WORKER, {
    serialization: 'advanced',
    // Nothing of this process's environment is the model's business.
    env: {},
    execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`, '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    return await watch(child, request, limits)
  } finally {
    child.kill('SIGKILL')
  }
}

function watch(
  child: ChildProcess,
  request: TrialRequest,
  { startMs, runMs, residentBytes }: TrialLimits,
): Promise<Result<TrialFigures, Rejection>> {
  return new Promise((resolve) => {
    const finish = (result: Result<TrialFigures, Rejection>) => {
      clearTimeout(timer)
      clearInterval(memory)
      resolve(result)
    }
    const late = (limit: number) =>
      finish(err({ check: 'TIME', message: 'It was not done in time, in milliseconds.', observed: limit, limit }))
    const large = (observed: number) =>
      finish(err({ check: 'MEMORY', message: 'It took too many bytes of memory.', observed, limit: residentBytes }))
    let timer = setTimeout(() => late(startMs), startMs)
    const memory = setInterval(async () => {
      const bytes = await residentBytesOf(child.pid)
      if (bytes > residentBytes) large(bytes)
    }, MEMORY_CHECK_INTERVAL_MS)
    child.on('message', (reply: TrialReply) => {
      if (reply.kind === 'READY') {
        clearTimeout(timer)
        timer = setTimeout(() => late(runMs), runMs)
        lower(child)
        child.send(request)
      } else if (reply.largestBytes > residentBytes) large(reply.largestBytes)
      else finish(reply.result)
    })
    child.on('error', (error) =>
      finish(err({ check: 'RUNS', message: `It could not be tried: ${plainReason(error)}` })),
    )
    child.on('exit', (code, signal) => {
      finish(err({ check: 'RUNS', message: `It ended the process that tried it (${signal ?? code}).` }))
    })
  })
}

/** The platform goes on meanwhile. */
function lower({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // It has ended already, which is told by its exit.
  }
}

/** 0 where the system does not tell, or the process is gone. */
async function residentBytesOf(pid: number | undefined): Promise<number> {
  try {
    const pages = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]
    return Number(pages) * PAGE_BYTES
  } catch {
    return 0
  }
}
