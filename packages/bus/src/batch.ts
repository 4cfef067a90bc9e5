import type { CloudEvent } from './cloud-event.ts'
import { MAX_BATCH_EVENTS } from './delivery.ts'

/** How long the first event of a batch waits for company. */
const BATCH_WINDOW_MS = 20

interface Item {
  readonly event: CloudEvent
  readonly done: (taken: boolean) => void
}

/** Gathers single deliveries into batches and hands over one batch at a time, in order. */
export class Batcher {
  readonly #handle: (events: readonly CloudEvent[]) => Promise<boolean>
  readonly #waiting: Item[] = []
  #timer: NodeJS.Timeout | undefined
  #running = false

  /** @param handle resolves to whether the batch was taken; never rejects. */
  constructor(handle: (events: readonly CloudEvent[]) => Promise<boolean>) {
    this.#handle = handle
  }

  /** Resolves to whether the event was taken. */
  add(event: CloudEvent): Promise<boolean> {
    return new Promise((done) => {
      this.#waiting.push({ event, done })
      if (this.#waiting.length >= MAX_BATCH_EVENTS) this.#flush()
      else this.#timer ??= setTimeout(() => this.#flush(), BATCH_WINDOW_MS)
    })
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH_EVENTS)
      const taken = await this.#handle(batch.map(({ event }) => event))
      for (const { done } of batch) done(taken)
    }
    this.#running = false
  }
}
