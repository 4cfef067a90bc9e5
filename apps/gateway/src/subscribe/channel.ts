import type { GraphQLError } from 'graphql'
import { fault } from '../errors.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import { Backlog, type BacklogLimits, type Payload } from './backlog.ts'
import type { Feed } from './feed.ts'
import type { StreamKind } from './kinds.ts'
import type { Reader } from './reader.ts'

/**
 * What is kept for readers that lag. A `DELTA` reader further behind is served better by a fresh snapshot than by old steps: 128 are half a
 * second of the busiest book. Of a `LOG` as many as a subgraph keeps for a slow reader itself.
 */
const KEPT: Readonly<Record<StreamKind, BacklogLimits>> = {
  STATE: { count: 1, characters: Number.POSITIVE_INFINITY, dropsOldest: true },
  DELTA: { count: 128, characters: 1_000_000, dropsOldest: true },
  LOG: { count: 1_000, characters: 4_000_000, dropsOldest: false },
}

export interface ChannelOptions {
  readonly kind: StreamKind
  readonly feed: (on: {
    event: (event: UpstreamResult, isFirst: boolean) => void
    end: (fault: GraphQLError | null) => void
  }) => Feed
  /** Never rejects. */
  readonly execute: (event: UpstreamResult) => Promise<Payload>
  /** Another payload is there, and its readers have been given it. */
  readonly onAppend: (channel: Channel) => void
  /** Nothing more is read from its source. */
  readonly onClose: (channel: Channel) => void
  readonly onConflated: (count: number) => void
  readonly onLag: () => void
  /** How long it took from an event's arrival until every reader that is ready had it, in milliseconds. */
  readonly onFanOut: (ms: number) => void
}

/** One subscription at the owner of a field, and each of its events executed and serialised once for all who read it. */
export class Channel {
  readonly backlog: Backlog
  readonly #options: ChannelOptions
  readonly #feed: Feed
  readonly #readers = new Set<Reader>()
  /** Those who begin here with its first event, and are elsewhere until then. */
  readonly #arrivals = new Set<Reader>()
  #execute: ChannelOptions['execute']
  #waiting: { event: UpstreamResult; isFirst: boolean; arrivedAt: number }[] = []
  #executing = false
  /** Whether events were left out, so that it must begin anew. */
  #overrun = false
  /** Where the newest snapshot stands; before the first event, nowhere. */
  #snapshot: number | null = null
  #ending: { fault: GraphQLError | null } | null = null
  #closed = false
  #retired = false

  constructor(options: ChannelOptions) {
    this.#options = options
    this.#execute = options.execute
    this.backlog = new Backlog(KEPT[options.kind])
    this.#feed = options.feed({
      event: (event, isFirst) => this.#offer(event, isFirst),
      end: (fault) => {
        this.#ending ??= { fault }
        if (!this.#executing) this.#finish()
      },
    })
  }

  start(): void {
    this.#feed.start()
  }

  /** Where a new reader begins at once: with the newest whole state. Null where none is at hand. */
  get entrance(): number | null {
    const { end } = this.backlog
    if (this.#closed || end === 0) return null
    return this.#options.kind === 'STATE' || this.#snapshot === end - 1 ? end - 1 : null
  }

  /** Whether a reader that waits for its first event misses nothing. */
  get isFresh(): boolean {
    return !this.#closed && this.backlog.end === 0
  }

  get isDeserted(): boolean {
    return this.#readers.size === 0 && this.#arrivals.size === 0
  }

  /** Takes a reader for whom its first event is the beginning. */
  expect(reader: Reader): void {
    reader.await(this)
    this.#arrivals.add(reader)
  }

  admit(reader: Reader): void {
    this.#readers.add(reader)
  }

  forget(reader: Reader): void {
    this.#readers.delete(reader)
    this.#arrivals.delete(reader)
    if (this.#retired && this.isDeserted) this.close()
  }

  /** Goes on for those who still read it, until they have found another. */
  retire(): void {
    this.#retired = true
    if (this.isDeserted) this.close()
  }

  /** Executes what comes from now on in another way. */
  use(execute: ChannelOptions['execute']): void {
    this.#execute = execute
  }

  /** Whether the reader's next event is gone, or too late for what it asked for. */
  isBehind(reader: Reader): boolean {
    const { first, end } = this.backlog
    return reader.position < first || (this.#options.kind === 'DELTA' && reader.isPaced && end - reader.position > 1)
  }

  hasRead(reader: Reader): void {
    if (this.#options.kind === 'LOG') this.backlog.dropBefore(reader.position)
  }

  hasReadAll(reader: Reader): void {
    if (this.#closed && this.#ending) reader.end(this.#ending.fault)
  }

  /** Where this channel's newest state stands in the other, or null where that cannot be told. */
  placeIn(other: Channel): number | null {
    const mark = this.backlog.newest?.mark
    return mark == null || other.#snapshot === null ? null : other.backlog.after(mark, other.#snapshot)
  }

  /** Sends its readers on to where its newest state stands in another channel, which leads on from there. Who lags begins anew. */
  leadInto(channel: Channel, position: number): void {
    const { end } = this.backlog
    for (const reader of [...this.#readers]) {
      if (reader.position === end) reader.read(channel, position)
      else reader.fallBehind()
    }
    this.close()
  }

  /** Ends all who read it at once. */
  end(fault: GraphQLError | null): void {
    this.#ending = { fault }
    this.close()
    for (const reader of [...this.#arrivals, ...this.#readers]) reader.end(fault)
  }

  /** Lets go of its source. What is kept can still be read. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiting = []
    this.#feed.close()
    this.#options.onClose(this)
  }

  #offer(event: UpstreamResult, isFirst: boolean): void {
    if (this.#closed || this.#ending) return
    const { kind, onConflated } = this.#options
    if (kind === 'STATE') {
      if (this.#waiting.length > 0) onConflated(1)
      this.#waiting = []
    } else if (this.#waiting.length >= KEPT[kind].count || (kind === 'LOG' && this.backlog.isFull)) {
      this.#overflow(kind)
      return
    }
    this.#waiting.push({ event, isFirst, arrivedAt: performance.now() })
    if (!this.#executing) void this.#executeWaiting()
  }

  /** A reader of a `LOG` is given what there is and then told that more was missed; a `DELTA` begins anew. */
  #overflow(kind: 'DELTA' | 'LOG'): void {
    this.#options.onLag()
    if (kind === 'DELTA') {
      this.#overrun = true
      this.#waiting = []
      this.#feed.pause()
      return
    }
    this.#feed.close()
    this.#ending = { fault: fault('SUBSCRIPTION_GAP', 'The reader fell behind by more than is kept for it.') }
    if (!this.#executing) this.#finish()
  }

  async #executeWaiting(): Promise<void> {
    this.#executing = true
    for (let next = this.#waiting.shift(); next && !this.#closed; next = this.#waiting.shift()) {
      const payload = await this.#execute(next.event)
      if (this.#closed) break
      this.#append(payload, next.isFirst)
      this.#options.onFanOut(performance.now() - next.arrivedAt)
    }
    this.#executing = false
    if (this.#closed) return
    if (this.#ending) this.#finish()
    else if (this.#overrun) {
      this.#overrun = false
      this.#feed.start()
    }
  }

  #append(payload: Payload, isFirst: boolean): void {
    if (isFirst) this.#snapshot = this.backlog.end
    this.backlog.append(payload)
    for (const reader of this.#readers) reader.wake()
    if (this.#arrivals.size > 0) {
      const position = this.#snapshot ?? this.backlog.end - 1
      const arrivals = [...this.#arrivals]
      this.#arrivals.clear()
      for (const reader of arrivals) reader.read(this, position)
    }
    this.#options.onAppend(this)
    this.#restUnread()
  }

  /** A `DELTA` that all its readers have fallen behind in costs its source nothing until one of them reads again. */
  #restUnread(): void {
    if (this.#options.kind !== 'DELTA' || this.backlog.end % KEPT.DELTA.count !== 0) return
    for (const reader of this.#readers) if (reader.position >= this.backlog.first) return
    for (const reader of [...this.#readers]) reader.fallBehind()
    this.close()
  }

  #finish(): void {
    if (!this.#ending) return
    this.close()
    for (const reader of [...this.#arrivals]) reader.end(this.#ending.fault)
    for (const reader of [...this.#readers]) reader.wake()
  }
}
