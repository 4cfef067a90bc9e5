import { totalmem } from 'node:os'

const CHECK_INTERVAL_MS = 5_000
/** What was relieved needs time to show; until then nothing else is. */
const RELIEF_INTERVAL_MS = 60_000
/** Of what the machine, or the container, has. */
const MAX_SHARE = 0.8

/** Of the container's limit where there is one, else of the machine's memory. */
export function residentLimit(constrained = process.constrainedMemory(), total = totalmem()): number {
  return MAX_SHARE * (constrained > 0 && constrained < total ? constrained : total)
}

/**
 * Watches the memory of the process: what onnxruntime takes lies outside every limit that V8 sets on a thread, and only the process as
 * a whole can be measured.
 */
export class MemoryWatch {
  readonly #limitBytes: number
  readonly #onExceeded: (residentBytes: number) => void
  readonly #timer: NodeJS.Timeout
  #relievedAt = Number.NEGATIVE_INFINITY

  constructor(limitBytes = residentLimit(), onExceeded: (residentBytes: number) => void) {
    this.#limitBytes = limitBytes
    this.#onExceeded = onExceeded
    this.#timer = setInterval(() => this.check(process.memoryUsage.rss(), performance.now()), CHECK_INTERVAL_MS)
    this.#timer.unref()
  }

  /** @param now in milliseconds, of any steady clock. */
  check(residentBytes: number, now: number): void {
    if (residentBytes <= this.#limitBytes || now - this.#relievedAt < RELIEF_INTERVAL_MS) return
    this.#relievedAt = now
    this.#onExceeded(residentBytes)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
