import { KnownOrders, RememberedOrders } from './known-orders.ts'

const INITIAL_WORDS = 4_096
const HEAD_WORDS = 2

/**
 * Writes what goes from the engine's thread to the main one: numbers as 8-byte words, and texts behind them. Larger than the journal's
 * form and several times as fast: it never reaches a disk. Far cheaper than a structured clone of the objects that it stands for.
 */
export class WordWriter {
  readonly orders = new KnownOrders()
  private words = new Float64Array(INITIAL_WORDS)
  private length = HEAD_WORDS
  private texts: string[] = []
  private readonly names = new Map<string, number>()

  number(value: number): void {
    if (this.length === this.words.length) this.grow()
    this.words[this.length++] = value
  }

  optional(value: number | null): void {
    this.number(value === null ? Number.NaN : value)
  }

  flag(value: boolean): void {
    this.number(value ? 1 : 0)
  }

  /** The member's place in its list. @throws where it is none of them. */
  member<T>(list: readonly T[], member: T): void {
    this.number(placeOf(list, member))
  }

  /** ASCII. */
  text(value: string): void {
    this.texts.push(value)
  }

  /** A text that both threads remember for good, of an account, an asset, a market: it crosses once. ASCII. */
  name(value: string): void {
    const known = this.names.get(value)
    if (known !== undefined) {
      this.number(known)
      return
    }
    this.number(this.names.size)
    this.names.set(value, this.names.size)
    this.texts.push(value)
  }

  /** @returns what was written, to be transferred, and begins anew; names stay known. */
  finish(): ArrayBuffer {
    const words = this.length
    const { texts } = this
    for (const text of texts) this.number(text.length)
    const bytes = Buffer.from(texts.join(''), 'latin1')
    const out = new ArrayBuffer(this.length * 8 + bytes.length)
    this.words[0] = words
    this.words[1] = texts.length
    new Float64Array(out, 0, this.length).set(this.words.subarray(0, this.length))
    new Uint8Array(out, this.length * 8).set(bytes)
    this.length = HEAD_WORDS
    this.texts = []
    return out
  }

  private grow(): void {
    const larger = new Float64Array(this.words.length * 2)
    larger.set(this.words)
    this.words = larger
  }
}

/** Reads what one `WordWriter` wrote, all of it and in its order. */
export class WordReader {
  readonly orders = new RememberedOrders()
  private words = new Float64Array()
  private position = 0
  private bytes = Buffer.alloc(0)
  private bytePosition = 0
  /** Where the length of the next text is. */
  private nextLength = 0
  private readonly names: string[] = []

  /** What is read from now on. */
  open(written: ArrayBuffer): void {
    const [words = 0, texts = 0] = new Float64Array(written, 0, HEAD_WORDS)
    this.words = new Float64Array(written, 0, words + texts)
    this.position = HEAD_WORDS
    this.nextLength = words
    this.bytes = Buffer.from(written, (words + texts) * 8)
    this.bytePosition = 0
  }

  number(): number {
    return this.words[this.position++]!
  }

  optional(): number | null {
    const value = this.words[this.position++]!
    return Number.isNaN(value) ? null : value
  }

  flag(): boolean {
    return this.words[this.position++] === 1
  }

  member<T>(list: readonly T[]): T {
    return list[this.words[this.position++]!]!
  }

  /** By itself: a slice of all of them would keep all alive for as long as somebody keeps one. */
  text(): string {
    const from = this.bytePosition
    this.bytePosition += this.words[this.nextLength++]!
    return this.bytes.toString('latin1', from, this.bytePosition)
  }

  name(): string {
    const number = this.words[this.position++]!
    if (number === this.names.length) this.names.push(this.text())
    return this.names[number]!
  }
}

/** @throws where the list has no such member. */
export function placeOf<T>(list: readonly T[], member: T): number {
  const place = list.indexOf(member)
  if (place < 0) throw new Error(`${String(member)} is not known to the engine's thread`)
  return place
}
