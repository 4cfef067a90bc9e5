import type { GraphQLError } from 'graphql'
import { Channel, type ChannelOptions } from './channel.ts'
import type { StreamKind } from './kinds.ts'
import { type Home, Reader } from './reader.ts'
import type { Sink } from './sink.ts'

export interface TopicOptions {
  readonly kind: StreamKind
  readonly feed: ChannelOptions['feed']
  readonly execute: ChannelOptions['execute']
  readonly onConflated: (count: number) => void
  readonly onLag: () => void
  readonly onFanOut: ChannelOptions['onFanOut']
  /** Called when the last reader has gone. */
  readonly onClose: (topic: Topic) => void
}

/**
 * All who ask the same. They read one channel; in a `DELTA` one who comes late reads a channel of its own first, which begins with the
 * owner's snapshot, and joins the others where both have come to the same state.
 */
export class Topic implements Home {
  readonly #options: TopicOptions
  readonly #readers = new Set<Reader>()
  /** The oldest first, which the others lead into. */
  readonly #channels: Channel[] = []
  #execute: ChannelOptions['execute']

  constructor(options: TopicOptions) {
    this.#options = options
    this.#execute = options.execute
  }

  get readerCount(): number {
    return this.#readers.size
  }

  /** @param intervalMs at least between two events. */
  join(sink: Sink, intervalMs: number): Reader {
    const reader = new Reader(sink, intervalMs, this)
    this.take(reader)
    return reader
  }

  /** Takes a reader in, who may still read elsewhere until there is something here. */
  take(reader: Reader): void {
    this.#readers.add(reader)
    reader.moveTo(this)
    this.#place(reader)
  }

  /** Executes the events that come from now on in another way, of the same source. */
  use(execute: ChannelOptions['execute']): void {
    this.#execute = execute
    for (const channel of this.#channels) channel.use(execute)
  }

  /** Gives its readers away; they read on here until they have begun where they go. */
  disband(): Reader[] {
    const readers = [...this.#readers]
    this.#readers.clear()
    for (const channel of this.#channels.splice(0)) channel.retire()
    return readers
  }

  end(fault: GraphQLError | null): void {
    for (const channel of [...this.#channels]) channel.end(fault)
    for (const reader of [...this.#readers]) reader.end(fault)
  }

  isBehind(reader: Reader): void {
    const { kind, onConflated, onLag } = this.#options
    const [main] = this.#channels
    if (kind === 'STATE' && main && main.backlog.end > reader.position) {
      onConflated(reader.skipTo(main.backlog.end - 1))
      reader.wake()
      return
    }
    onLag()
    this.#place(reader)
  }

  hasLeft(reader: Reader): void {
    this.#readers.delete(reader)
    this.#sweep()
    if (this.#readers.size === 0) this.#options.onClose(this)
  }

  #place(reader: Reader): void {
    const open = this.#channels.find(({ entrance }) => entrance !== null)
    const fresh = this.#channels.find(({ isFresh }) => isFresh)
    if (open) reader.read(open, open.entrance ?? 0)
    else if (fresh) fresh.expect(reader)
    else this.#open(reader)
    this.#sweep()
  }

  #open(reader: Reader): void {
    const { kind, feed, onConflated, onLag, onFanOut } = this.#options
    const channel = new Channel({
      kind,
      feed,
      execute: this.#execute,
      onAppend: () => this.#merge(),
      onClose: (closed) => {
        const index = this.#channels.indexOf(closed)
        if (index >= 0) this.#channels.splice(index, 1)
      },
      onConflated,
      onLag,
      onFanOut,
    })
    this.#channels.push(channel)
    channel.expect(reader)
    channel.start()
  }

  #merge(): void {
    const [main, ...others] = this.#channels
    if (!main) return
    for (const other of others) {
      const place = other.placeIn(main)
      if (place !== null) other.leadInto(main, place)
    }
  }

  #sweep(): void {
    for (const channel of [...this.#channels]) if (channel.isDeserted) channel.close()
  }
}
