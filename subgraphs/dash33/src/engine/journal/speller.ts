import { NONE } from '../../book/index.ts'
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

// What a cell says that begins a command, beside how many cells there are of it; what follows is in the order of `Speller`.
export const END = 0
export const SPELLED_PLACE = 1
export const SPELLED_CANCEL = 2
export const OTHER = 3
const KIND_BITS = 2
/** Where new orders and cancels have the name of their account, and the sum of their client order id. */
export const NAME_AT = 1
export const SUM_AT = 4
/** Of the longest. */
const WIDEST = 16

export const kindIn = (head: number): number => head & ((1 << KIND_BITS) - 1)
export const widthIn = (head: number): number => head >> KIND_BITS
const headOf = (kind: number, width: number): number => kind | (width << KIND_BITS)

/** Batches in numbers, each ending with `END`, and what of them is no more than numbers cannot say. */
export interface SpelledBatches {
  readonly cells: Int32Array<ArrayBuffer>
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
  /** By number of a segment's texts: the number of the name that it is, NONE where it was no name so far. */
  private segmentNames: number[] = []
  private cells = new Int32Array(INITIAL_CELLS)
  private others: Command[] = []
  private length = 0

  /** @param key of the sums of client order ids */
  constructor(key: Int32Array) {
    this.key = key
  }

  /** @returns where the batch begins among the cells. @throws where the bytes are no batch's segments: nothing of them is spelled then */
  spell(input: ByteReader): number {
    const start = this.length
    try {
      this.segments(input)
    } catch (error) {
      this.length = start
      throw error
    }
    return start
  }

  private segments(input: ByteReader): void {
    while (!input.atEnd) {
      input.forgetTexts()
      this.segmentNames = []
      // Its origin and its first id, which only answers need.
      input.number()
      input.number()
      for (let size = input.number(); size > 0; size = input.number()) {
        for (; size > 0; size--) this.command(input)
      }
    }
    this.reserve()
    this.put(headOf(END, 1))
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
    // Its head is written once its width is known.
    this.length++
    if (kind === PLACE && this.place(input)) this.begin(begun, SPELLED_PLACE)
    else if (kind === CANCEL && this.cancel(input)) this.begin(begun, SPELLED_CANCEL)
    else {
      input.reset()
      this.length = begun + 1
      this.put(this.others.length)
      this.begin(begun, OTHER)
      this.others.push(readCommand(input))
    }
  }

  private begin(at: number, kind: number): void {
    this.cells[at] = headOf(kind, this.length - at)
  }

  private place(input: ByteReader): boolean {
    if (!this.name(input) || !this.clientOrderId(input)) return false
    const flags = input.byte()
    this.put(flags)
    this.put(input.byte())
    if (!this.name(input)) return false
    if (!this.amount(input)) return false
    for (let bit = OPTIONAL_NUMBERS; bit <= ALL_OPTIONAL; bit *= 2) {
      if ((flags & bit) !== 0 && !this.amount(input)) return false
    }
    return true
  }

  private cancel(input: ByteReader): boolean {
    return input.byte() === BY_CLIENT_ORDER_ID && this.name(input) && this.clientOrderId(input)
  }

  /** @returns whether there is a number for it */
  private name(input: ByteReader): boolean {
    const text = input.span()
    const { segmentNames } = this
    while (segmentNames.length <= text) segmentNames.push(NONE)
    if (segmentNames[text] === NONE) segmentNames[text] = this.numberOf(input)
    const number = segmentNames[text]!
    this.put(number)
    return number !== NONE
  }

  /** The number of the name that was passed last, a new one if it came up for the first time; NONE where there are too many. */
  private numberOf({ bytes, spanStart, spanLength }: ByteReader): number {
    const known = this.spellings.find(bytes, spanStart, spanLength)
    if (known !== undefined) return known
    const number = this.names.length
    if (number === LIMITS.spelledNames) return NONE
    const name = bytes.toString('latin1', spanStart, spanStart + spanLength)
    this.names.push(name)
    this.numbers.set(name, number)
    return number
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

  /** @returns whether a cell can hold it: all but times, and amounts of billions, which come as commands */
  private amount(input: ByteReader): boolean {
    const value = input.number()
    this.put(value)
    return (value | 0) === value
  }

  private put(value: number): void {
    this.cells[this.length++] = value
  }

  private reserve(): void {
    if (this.length + WIDEST <= this.cells.length) return
    const cells = new Int32Array(this.cells.length * 2)
    cells.set(this.cells)
    this.cells = cells
  }
}
