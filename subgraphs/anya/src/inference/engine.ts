import { err, ok, type Result } from '@opsource/kernel'
import type { Ports } from '@opsource/subgraph'
import { MemoryWatch } from './memory-watch.ts'
import { plainReason } from './reason.ts'
import type { InferenceRefusal } from './refusal.ts'
import { type ModelSpec, ServedModel } from './served-model.ts'

/** Each has a thread and its own memory: champions, challengers in the shadow, and versions that hand over. */
const MAX_MODELS = 16
/** What onnxruntime makes of a file takes a few times its size. Ours have less than 1 MB. */
const MAX_FILE_BYTES = 32 * 1024 * 1024

export interface InferenceObserver {
  /** A batch was run: milliseconds from sending it to the thread to its answer. */
  ran(milliseconds: number, rows: number, id: string): void
  refused(refusal: InferenceRefusal['kind'], id: string): void
  restarted(reason: string, id: string): void
}

export interface InferenceOptions {
  readonly observer: InferenceObserver
  readonly log: Ports['log']
  /** Called each time a model loses its thread once more, from the third time within a minute on: serve another version. */
  readonly onUnstable?: (id: string, crashes: number, reason: string) => void
  /** Loaded at a time; 16 unless told. */
  readonly maxModels?: number
  /** Resident bytes of the process beyond which the largest model is loaded anew. */
  readonly maxResidentBytes?: number
}

/** Why a model is not served. `NOT_LOADABLE`: onnxruntime cannot load or run it as its signature says. */
export type LoadRefusal =
  | { readonly kind: 'NOT_LOADABLE'; readonly message: string }
  | { readonly kind: 'TOO_MANY_MODELS'; readonly limit: number }
  | { readonly kind: 'TOO_LARGE'; readonly bytes: number; readonly limitBytes: number }

/** Serves ONNX models, each from threads of its own. */
export class InferenceEngine {
  readonly #options: InferenceOptions
  readonly #models = new Set<ServedModel>()
  readonly #memory: MemoryWatch

  constructor(options: InferenceOptions) {
    this.#options = options
    this.#memory = new MemoryWatch(options.maxResidentBytes, (residentBytes) => this.#relieve(residentBytes))
  }

  /**
   * Loads a model and runs it until it is warm; only then is it given back. To exchange one without a refused request, load the other,
   * let what asks turn to it, and `unload` the first.
   */
  async load(spec: ModelSpec): Promise<Result<ServedModel, LoadRefusal>> {
    const limit = this.#options.maxModels ?? MAX_MODELS
    if (this.#models.size >= limit) return err({ kind: 'TOO_MANY_MODELS', limit })
    const bytes = spec.onnx.length
    if (bytes > MAX_FILE_BYTES) return err({ kind: 'TOO_LARGE', bytes, limitBytes: MAX_FILE_BYTES })
    const model = new ServedModel(spec, {
      ran: (milliseconds, rows, id) => this.#options.observer.ran(milliseconds, rows, id),
      refused: (kind, id) => this.#options.observer.refused(kind, id),
      restarted: (reason, id) => this.#options.observer.restarted(reason, id),
      unstable: (id, crashes, reason) => this.#unstable(id, crashes, reason),
    })
    this.#models.add(model)
    try {
      await model.start()
    } catch (error) {
      await this.#remove(model)
      return err({ kind: 'NOT_LOADABLE', message: plainReason(error) })
    }
    return ok(model)
  }

  /** Lets the model answer what it has taken, then ends its threads. */
  async unload(model: ServedModel): Promise<void> {
    this.#models.delete(model)
    await model.drain()
  }

  async close(): Promise<void> {
    this.#memory.close()
    await Promise.all([...this.#models].map((model) => this.#remove(model)))
  }

  async #remove(model: ServedModel): Promise<void> {
    this.#models.delete(model)
    await model.close()
  }

  #unstable(id: string, crashes: number, reason: string): void {
    this.#options.log.error({ model: id, crashes, reason }, 'a model loses its thread again and again')
    this.#options.onUnstable?.(id, crashes, reason)
  }

  /** A new thread gives back what the old one's session holds of native memory. */
  #relieve(residentBytes: number): void {
    const [largest] = [...this.#models].sort((a, b) => b.grownBytes - a.grownBytes)
    if (!largest) return
    this.#options.log.error({ model: largest.id, residentBytes }, 'the process is too large: a model is loaded anew')
    largest.restart(`the process holds ${residentBytes} bytes`)
  }
}
