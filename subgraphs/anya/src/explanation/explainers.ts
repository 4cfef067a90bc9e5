import { err, ok, type Result } from '@opsource/kernel'
import { type Signature, widthOf } from '../inference/index.ts'
import { RestartedWorker } from '../workers/index.ts'
import { type ExplainedFile, type Explanation, explainerOf, referenceRows } from './explainer.ts'
import type { ExplanationAnswer, ExplanationQuestion } from './protocol.ts'

/** Reading less than that and explaining a row takes less than a millisecond; more would hold up whatever else the process does. */
const LARGE_FILE_BYTES = 32 * 1024
/** Some thousands of trees with what the reference rows do in them. */
const MAX_HEAP_MB = 128
/** A file is read in a tenth of a second, a row explained in milliseconds; a thread that is silent for so long hangs. */
const PATIENCE_MS = 30_000

export interface OpenedExplainer {
  /** As `Explainer.explain`. Rejects where the thread is away. */
  explain(row: Float32Array): Promise<readonly Explanation[]>
}

/** Explains what small files say at once, and what large ones say in a thread, which the first of them starts. */
export class Explainers {
  readonly #worker = new RestartedWorker<ExplanationQuestion, ExplanationAnswer>({
    file: new URL('./worker.ts', import.meta.url),
    maxHeapMb: MAX_HEAP_MB,
  })
  #started: Promise<void> | null = null
  #opened = 0

  /** @returns why there is no explanation of the file, as `explainerOf` says it. Rejects where the thread cannot be started. */
  async open(file: ExplainedFile): Promise<Result<OpenedExplainer, string>> {
    if (file.onnx.length < LARGE_FILE_BYTES) {
      const explainer = explainerOf(file)
      return explainer.ok ? ok({ explain: async (row) => explainer.value.explain(row) }) : explainer
    }
    const reference = referenceRows(file.reference ?? [], widthOf(file.signature.input))
    const known = { id: ++this.#opened, file: { ...file, onnx: shared(file.onnx), reference } }
    const first = await this.#ask({ ...known, row: zeros(file.signature) })
    if (!first.ok) return err(first.error)
    return ok({
      explain: async (row) => {
        const answer = await this.#ask({ ...known, row: row.slice() })
        if (!answer.ok) throw new Error(answer.error)
        return answer.value
      },
    })
  }

  async close(): Promise<void> {
    await this.#worker.close()
  }

  async #ask(question: ExplanationQuestion): Promise<ExplanationAnswer> {
    this.#started ??= this.#worker.start().catch((error: unknown) => {
      this.#started = null
      throw error
    })
    await this.#started
    // A thread that was replaced has forgotten the file, so that each question brings it.
    const answer = await this.#worker.ask(question, { timeoutMs: PATIENCE_MS })
    if (answer.ok) return answer.value
    throw new Error(answer.error.kind === 'FAILED' ? answer.error.message : `no explanation: ${answer.error.kind}`)
  }
}

/** A copy that goes along with each question without being copied again: a page asks a hundred at once. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

const zeros = ({ input }: Signature) => new Float32Array(widthOf(input))
