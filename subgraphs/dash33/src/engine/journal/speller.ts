import { keyedSum } from '../client-order-ids.ts'
import { type Command, MAX_TEXT_LENGTH } from '../commands.ts'
import { LIMITS } from '../limits.ts'
import { Spellings } from '../spellings.ts'
import type { ByteReader } from './byte-stream.ts'
import { BY_CLIENT_ORDER_ID, KINDS, readCommand } from './command-codec.ts'
import { ALL_OPTIONAL, OPTIONAL_NUMBERS } from './terms-codec.ts'

const PLACE = KINDS.indexOf('PLACE')
const CANCEL = KINDS.indexOf('CANCEL')
const INITIAL_CELLS = 65_536

// What a cell says that begins a command; what follows is in the order of `Speller`.
export const END = 0
export const SPELLED_PLACE = 1
export const SPELLED_CANCEL = 2
export const OTHER = 3
/** Of the longest. */
const WIDEST = 16

/** Batches in numbers, each ending with `END`, and what of them is no more than numbers cannot say. */
export interface SpelledBatches {
  readonly cells: Float64Array<ArrayBuffer>
  readonly others: readonly Command[]
}

/**
 * Takes the commands of journaled batches apart into numbers: new orders and cancels, nearly all there is, become cells that an engine to which nobody
 * listens carries out without an object or a text being made of them.
 */
export class Speller {
  /** By number, in the order in which they came up: of accounts and markets. */
  readonly names: string[] = []
  private readonly key: Int32Array
  private readonly numbers = new Map<string, number>()
  private readonly spellings = new Spellings(this.numbers)
  private cells = new Float64Array(INITIAL_CELLS)
  private others: Command[] = []
  private length = 0

  /** @param key of the sums of client order ids */
  constructor(key: Int32Array) {
    this.key = key
  }

  /** @returns where the batch begins among the cells. @throws where the bytes are no batch's segments */
  spell(input: ByteReader): number {
    const start = this.length
    while (!input.atEnd) {
      input.forgetTexts()
      // Its origin and its first id, which only answers need.
      input.number()
      input.number()
      for (let size = input.number(); size > 0; size = input.number()) {
        for (; size > 0; size--) this.command(input)
      }
    }
    this.reserve()
    this.cells[this.length++] = END
    return start
  }

  /** What was spelled since it was last emptied, to be read before it is emptied again. */
  get spelled(): SpelledBatches {
    return { cells: this.cells, others: this.others }
  }

  /** The same in memory of its own. */
  take(): SpelledBatches {
    const taken = { cells: this.cells.slice(0, this.length), others: this.others }
    this.empty()
    return taken
  }

  empty(): void {
    this.length = 0
    if (this.others.length > 0) this.others = []
  }

  private command(input: ByteReader): void {
    const begun = this.length
    this.reserve()
    input.mark()
    const kind = input.byte()
    if (kind === PLACE ? this.place(input) : kind === CANCEL && this.cancel(input)) return
    input.reset()
    this.length = begun
    this.put(OTHER)
    this.put(this.others.length)
    this.others.push(readCommand(input))
  }

  private place(input: ByteReader): boolean {
    this.put(SPELLED_PLACE)
    if (!this.name(input) || !this.clientOrderId(input)) return false
    const flags = input.byte()
    this.put(flags)
    this.put(input.byte())
    if (!this.name(input)) return false
    this.put(input.number())
    for (let bit = OPTIONAL_NUMBERS; bit <= ALL_OPTIONAL; bit *= 2) if ((flags & bit) !== 0) this.put(input.number())
    return true
  }

  private cancel(input: ByteReader): boolean {
    this.put(SPELLED_CANCEL)
    return input.byte() === BY_CLIENT_ORDER_ID && this.name(input) && this.clientOrderId(input)
  }

  /** @returns whether there is a number for it */
  private name(input: ByteReader): boolean {
    input.span()
    const { bytes, spanStart, spanLength } = input
    let number = this.spellings.find(bytes, spanStart, spanLength)
    if (number === undefined) {
      number = this.names.length
      if (number === LIMITS.spelledNames) return false
      const text = bytes.toString('latin1', spanStart, spanStart + spanLength)
      this.names.push(text)
      this.numbers.set(text, number)
    }
    this.put(number)
    return true
  }

  /** Where it stands among the bytes, how long it is, and its sum. @returns whether it is no longer than ids may be */
  private clientOrderId(input: ByteReader): boolean {
    input.span()
    const { bytes, spanStart, spanLength } = input
    if (spanLength > MAX_TEXT_LENGTH) return false
    this.put(spanStart)
    this.put(spanLength)
    this.put(keyedSum(this.key, bytes, spanStart, spanLength))
    return true
  }

  private put(value: number): void {
    this.cells[this.length++] = value
  }

  private reserve(): void {
    if (this.length + WIDEST <= this.cells.length) return
    const cells = new Float64Array(this.cells.length * 2)
    cells.set(this.cells)
    this.cells = cells
  }
}
