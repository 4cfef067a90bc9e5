import type { ExecutionResult, GraphQLError } from 'graphql'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import type { Feed } from './feed.ts'
import { Mailbox } from './mailbox.ts'
import { type EventStream, eventStream } from './stream.ts'

export interface TopicOptions {
  readonly feed: (on: { event: (event: UpstreamResult) => void; end: (fault: GraphQLError | null) => void }) => Feed
  readonly execute: (event: UpstreamResult) => Promise<ExecutionResult>
  readonly onConflated: () => void
  /** Called when the last reader has gone, or the source has ended. */
  readonly onClose: () => void
}

/** A `STATE` stream read by many: one upstream subscription, one execution for each event, and the newest answer for whoever is ready. */
export class Topic {
  readonly #options: TopicOptions
  readonly #feed: Feed
  readonly #readers = new Set<Mailbox<ExecutionResult>>()
  #waiting: UpstreamResult | null = null
  #started = false
  #executing = false
  #newest: ExecutionResult | null = null
  #closed = false

  constructor(options: TopicOptions) {
    this.#options = options
    this.#feed = options.feed({ event: (event) => this.#offer(event), end: (fault) => this.end(fault) })
  }

  get readerCount(): number {
    return this.#readers.size
  }

  /** A late reader starts with the newest answer. */
  join(): EventStream {
    const box = new Mailbox<ExecutionResult>(1)
    if (this.#newest) box.replace(this.#newest)
    this.#readers.add(box)
    if (!this.#started) {
      this.#started = true
      this.#feed.start()
    }
    return eventStream(
      () => box.take(),
      () => {
        box.close()
        this.#readers.delete(box)
        if (this.#readers.size === 0) this.#close()
      },
    )
  }

  end(fault: GraphQLError | null): void {
    for (const box of this.#readers) box.end(fault)
    this.#close()
  }

  #offer(event: UpstreamResult): void {
    if (this.#waiting) this.#options.onConflated()
    this.#waiting = event
    if (!this.#executing) void this.#executeWaiting()
  }

  async #executeWaiting(): Promise<void> {
    this.#executing = true
    while (this.#waiting && !this.#closed) {
      const event = this.#waiting
      this.#waiting = null
      const answer = await this.#options.execute(event)
      this.#newest = answer
      for (const box of this.#readers) if (box.replace(answer)) this.#options.onConflated()
    }
    this.#executing = false
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#feed.close()
    this.#options.onClose()
  }
}
