import type { ExecutionResult, GraphQLError } from 'graphql'
import { fault } from '../errors.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import type { Feed } from './feed.ts'
import type { StreamKind } from './kinds.ts'
import { Mailbox } from './mailbox.ts'
import { type EventStream, eventStream } from './stream.ts'

/** Half a second of the busiest book. A reader further behind is served better by a fresh snapshot than by old steps. */
const MAX_WAITING_STEPS = 128
/** As many as a subgraph keeps for a slow reader of a `LOG` itself. */
const MAX_WAITING_ENTRIES = 1_000

export interface ReaderOptions {
  readonly kind: Exclude<StreamKind, 'STATE'>
  readonly feed: (on: { event: (event: UpstreamResult) => void; end: (fault: GraphQLError | null) => void }) => Feed
  readonly execute: (event: UpstreamResult) => Promise<ExecutionResult>
  /** Whether the client asked for few events: then a step that waits is out of date when its turn comes. */
  readonly isPaced: boolean
  readonly onLag: () => void
  readonly onClose: () => void
}

/** One client's reading of a `DELTA` or `LOG`, with an upstream subscription of its own: steps can only be counted by their one reader. */
export class Reader {
  readonly stream: EventStream
  readonly #box: Mailbox<UpstreamResult>
  readonly #options: ReaderOptions
  readonly #feed: Feed
  /** Whether the next reading begins with a fresh snapshot, as the first one does. */
  #behind = true

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#box = new Mailbox(options.kind === 'LOG' ? MAX_WAITING_ENTRIES : options.isPaced ? 1 : MAX_WAITING_STEPS)
    this.#feed = options.feed({ event: (event) => this.#offer(event), end: (fault) => this.#box.end(fault) })
    this.stream = eventStream(
      () => this.#take(),
      () => {
        this.#feed.close()
        this.#box.close()
        options.onClose()
      },
    )
  }

  end(fault: GraphQLError): void {
    this.#feed.close()
    this.#box.end(fault)
  }

  #offer(event: UpstreamResult): void {
    if (this.#box.offer(event)) return
    this.#options.onLag()
    if (this.#options.kind === 'LOG') {
      this.#feed.close()
      this.#box.end(fault('SUBSCRIPTION_GAP', `The reader fell ${MAX_WAITING_ENTRIES} events behind.`))
      return
    }
    // Nothing more is kept for a reader that does not read; when it does, it starts from a fresh snapshot.
    this.#behind = true
    this.#feed.pause()
    this.#box.clear()
  }

  async #take(): Promise<{ item: ExecutionResult } | null> {
    if (this.#behind) {
      this.#behind = false
      this.#feed.start()
    }
    const taken = await this.#box.take()
    return taken && { item: await this.#options.execute(taken.item) }
  }
}
