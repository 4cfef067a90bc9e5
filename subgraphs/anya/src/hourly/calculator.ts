import { RestartedWorker } from '../workers/index.ts'
import type { HourlyAnswer, HourlyQuestion } from './protocol.ts'

/** 75,000 bars as text and as columns of features. */
const MAX_HEAP_MB = 256
/** All hours of twelve years take two seconds of one core; a thread that is silent for so long hangs. */
const PATIENCE_MS = 120_000

/**
 * Answers a question in a thread that lives as long as the answer takes: asked once an hour, it would otherwise hold its memory for
 * nothing. Rejects where there is none, and once it is to stop.
 */
export async function compute<K extends HourlyQuestion['kind']>(
  question: Extract<HourlyQuestion, { kind: K }>,
  kind: K,
  stopping: AbortSignal,
): Promise<Extract<HourlyAnswer, { kind: K }>> {
  // An abort that has been is not told to who listens now.
  stopping.throwIfAborted()
  const worker = new RestartedWorker<HourlyQuestion, HourlyAnswer>({
    file: new URL('./worker.ts', import.meta.url),
    maxHeapMb: MAX_HEAP_MB,
  })
  const stop = () => void worker.close()
  stopping.addEventListener('abort', stop)
  try {
    await worker.start()
    const answer = await worker.ask(question, { timeoutMs: PATIENCE_MS })
    if (!answer.ok) throw new Error(answer.error.kind === 'FAILED' ? answer.error.message : answer.error.kind)
    if (!isOf(answer.value, kind)) throw new Error(`the thread answered ${answer.value.kind}`)
    return answer.value
  } finally {
    stopping.removeEventListener('abort', stop)
    await worker.close()
  }
}

const isOf = <K extends HourlyAnswer['kind']>(
  answer: HourlyAnswer,
  kind: K,
): answer is Extract<HourlyAnswer, { kind: K }> => answer.kind === kind
