import type { GraphQLError } from 'graphql'
import type { Channel } from './channel.ts'
import type { Sink } from './sink.ts'

/** Where a reader belongs: it finds a channel for whoever has none, or cannot be given the steps of it any more. */
export interface Home {
  isBehind(reader: Reader): void
  hasLeft(reader: Reader): void
}

/**
 * One client's reading: how far it has come in a channel that it may share with thousands. What its sink does not take stays where it is
 * kept for all, so that a reader who reads nothing costs nothing.
 */
export class Reader {
  readonly #sink: Sink
  readonly #intervalMs: number
  #home: Home
  #channel: Channel | null = null
  #position = 0
  /** The channel that this reader goes to as soon as there is something to begin with. */
  #awaited: Channel | null = null
  #pause: NodeJS.Timeout | undefined
  #ended = false

  /** @param intervalMs what the client wants at least between two events; 0 for every event at once. */
  constructor(sink: Sink, intervalMs: number, home: Home) {
    this.#sink = sink
    this.#intervalMs = intervalMs
    this.#home = home
  }

  get isPaced(): boolean {
    return this.#intervalMs > 0
  }

  /** The place of its next event. */
  get position(): number {
    return this.#position
  }

  moveTo(home: Home): void {
    this.#home = home
  }

  /** Goes on in that channel when it has begun; until then where it is. */
  await(channel: Channel): void {
    this.#awaited?.forget(this)
    this.#awaited = channel
  }

  /** Reads that channel from that position on, and no other. */
  read(channel: Channel, position: number): void {
    this.#detach()
    this.#channel = channel
    this.#position = position
    channel.admit(this)
    this.wake()
  }

  /** Goes on with a later event of its channel. @returns how many it has left out. */
  skipTo(position: number): number {
    const skipped = position - this.#position
    this.#position = position
    return skipped
  }

  /** Lets go of its channel: it needs a new beginning when it reads again. */
  fallBehind(): void {
    this.#channel?.forget(this)
    this.#channel = null
  }

  /** Gives the sink what waits, as far as it takes it. */
  wake(): void {
    while (!this.#ended && this.#pause === undefined && this.#sink.isReady) {
      const channel = this.#channel
      if (!channel || channel.isBehind(this)) {
        if (!this.#awaited) this.#home.isBehind(this)
        return
      }
      const payload = channel.backlog.at(this.#position)
      if (!payload) {
        if (!this.#awaited) channel.hasReadAll(this)
        return
      }
      this.#position++
      this.#sink.write(payload)
      channel.hasRead(this)
      if (this.#intervalMs > 0) this.#rest()
    }
  }

  /** Ends it, telling the client why. */
  end(fault: GraphQLError | null): void {
    if (this.#finish()) this.#sink.end(fault)
  }

  /** The client has gone. */
  leave(): void {
    this.#finish()
  }

  #finish(): boolean {
    if (this.#ended) return false
    this.#ended = true
    clearTimeout(this.#pause)
    this.#detach()
    this.#home.hasLeft(this)
    return true
  }

  #detach(): void {
    this.#awaited?.forget(this)
    this.#channel?.forget(this)
    this.#awaited = null
    this.#channel = null
  }

  #rest(): void {
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.wake()
    }, this.#intervalMs)
  }
}
