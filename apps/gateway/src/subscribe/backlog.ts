/** What one event is to every reader: its JSON text, made once. */
export class Payload {
  /** One GraphQL result and the brace that closes the envelope around it, which only begins differently for each reader. */
  readonly tail: string
  /** What names the state that the event leads to, where its kind has such a name. */
  readonly mark: string | null
  #bytes: Buffer | null = null

  constructor(result: string, mark: string | null = null) {
    this.tail = `${result}}`
    this.mark = mark
  }

  /** The tail in UTF-8, encoded once for all who take it so. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.tail)
    return this.#bytes
  }

  /** In characters: near enough to bytes for every bound. */
  get size(): number {
    return this.tail.length
  }
}

export interface BacklogLimits {
  readonly count: number
  readonly characters: number
  /** Whether beyond them the oldest go, but never the newest; else nothing goes, and whoever appends must ask first. */
  readonly dropsOldest: boolean
}

/** The newest payloads of one stream, kept once for all its readers: each only remembers how far it has come. */
export class Backlog {
  readonly #limits: BacklogLimits
  readonly #kept: Payload[] = []
  #first = 0
  #characters = 0

  constructor(limits: BacklogLimits) {
    this.#limits = limits
  }

  /** The position of the oldest that is kept. */
  get first(): number {
    return this.#first
  }

  /** The position that the next payload will have. */
  get end(): number {
    return this.#first + this.#kept.length
  }

  get newest(): Payload | undefined {
    return this.#kept.at(-1)
  }

  at(position: number): Payload | undefined {
    return this.#kept[position - this.#first]
  }

  append(payload: Payload): void {
    this.#kept.push(payload)
    this.#characters += payload.size
    while (this.#limits.dropsOldest && this.#kept.length > 1 && this.#isOver()) this.#dropOldest()
  }

  /** Whether it has come to a limit. */
  get isFull(): boolean {
    return this.#kept.length >= this.#limits.count || this.#characters >= this.#limits.characters
  }

  /** Lets go of what its only reader has read. */
  dropBefore(position: number): void {
    while (this.#first < position && this.#kept.length > 0) this.#dropOldest()
  }

  /** The position behind the newest payload with that mark, looking back no further than `since`; null where there is none. */
  after(mark: string, since: number): number | null {
    for (let position = this.end - 1; position >= Math.max(since, this.#first); position--) {
      if (this.at(position)?.mark === mark) return position + 1
    }
    return null
  }

  #isOver(): boolean {
    return this.#kept.length > this.#limits.count || this.#characters > this.#limits.characters
  }

  #dropOldest(): void {
    this.#characters -= this.#kept.shift()?.size ?? 0
    this.#first++
  }
}
