import { type ChildProcess, fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { Progress } from '../run.ts'
import { type Order, type Report, reportSchema } from './protocol.ts'
import type { Failure } from './training-run.ts'

const WORKER = path.join(import.meta.dirname, 'training-worker.ts')
const MEBIBYTE = 1024 * 1024
/** Of JavaScript's heap: what a recipe on 75,000 bars takes ten times over. Its data lies in typed arrays beside it. */
const MAX_HEAP_MIB = 1_024
/** Of all its memory that is in use; the largest recipe of ours takes 450 MiB. */
const MAX_RESIDENT_BYTES = 2_048 * MEBIBYTE
const WATCH_INTERVAL_MS = 1_000
const PAGE_BYTES = 4_096
/** The end of what it wrote to standard error tells why it died. */
const MAX_LAST_WORDS = 8_192

export type ChildOutcome =
  | { readonly kind: 'DONE' }
  /** `lastWords` are for the log. */
  | ({ readonly kind: 'FAILED'; readonly lastWords: string } & Failure)
  /** Without a word: it was killed, or crashed. */
  | { readonly kind: 'DIED'; readonly reason: string }

export interface ChildOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** Of the child that was started. */
  readonly onStart?: (pid: number) => void
}

/** Carries out a training in a process of its own, below the platform's priority and within its memory. The signal kills it. */
export async function runChild(order: Order, { signal, onProgress, onStart }: ChildOptions): Promise<ChildOutcome> {
  signal.throwIfAborted()
  const child = fork(WORKER, {
    execArgv: [`--max-old-space-size=${MAX_HEAP_MIB}`],
    // Nothing of the platform's secrets.
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  if (child.pid !== undefined) onStart?.(child.pid)
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  const memory = { isExceeded: false }
  const watching = setInterval(async () => {
    memory.isExceeded ||= (await residentBytes(child)) > MAX_RESIDENT_BYTES
    if (memory.isExceeded) kill()
  }, WATCH_INTERVAL_MS)
  try {
    const { said, lastWords, reason } = await lifeOf(child, order, onProgress)
    if (said) return said.kind === 'FAILED' ? { ...said, lastWords } : said
    if (memory.isExceeded || lastWords.includes('heap out of memory'))
      return {
        kind: 'FAILED',
        code: 'OUT_OF_MEMORY',
        message: 'The training takes more memory than it may.',
        lastWords,
      }
    return { kind: 'DIED', reason: `${reason} ${lastWords}`.trim() }
  } finally {
    clearInterval(watching)
    signal.removeEventListener('abort', kill)
  }
}

type Ended = Exclude<Report, { kind: 'PROGRESS' }>

function lifeOf(child: ChildProcess, order: Order, onProgress: ChildOptions['onProgress']) {
  return new Promise<{ said: Ended | null; lastWords: string; reason: string }>((resolve) => {
    let said: Ended | null = null
    let lastWords = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-MAX_LAST_WORDS)
    })
    child.on('message', (message) => {
      const report = reportSchema.parse(message)
      if (report.kind === 'PROGRESS') onProgress(report.progress)
      else said = report
    })
    child.on('error', (error) => resolve({ said, lastWords, reason: error.message }))
    child.on('close', (code, signalName) => resolve({ said, lastWords, reason: `ended with ${signalName ?? code}` }))
    child.send(order, () => {})
  })
}

/** 0 where the system does not tell. */
async function residentBytes({ pid }: ChildProcess): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')
  return (
    z.coerce
      .number()
      .catch(0)
      .parse(statm.split(' ')[1] ?? 0) * PAGE_BYTES
  )
}
