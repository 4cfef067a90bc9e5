import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { ReferenceInterval, ReferenceMarket } from './catalogue.ts'

const DATA = path.resolve(import.meta.dirname, '../../../../data')
const HEADER = 'time,open,high,low,close,volume'
const CELLS = 6
const unpack = promisify(gunzip)

/** A bar as its file has it: prices are the file's own digits. */
export interface ReferenceBar {
  /** Milliseconds since the Unix epoch. */
  readonly openTime: number
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volume: string | null
}

export interface BarRange {
  /** The earliest open time, and the one that all are before; milliseconds. */
  readonly from: number
  readonly before: number
  readonly limit: number
  readonly first: 'newest' | 'oldest'
}

/** The bars of one file, oldest first. Lines are kept as text and read when they are asked for: 75,000 of them are 6 MB. */
export class BarHistory {
  readonly #times: Float64Array
  readonly #lines: readonly string[]

  /** @throws where a line has no time, or one that is not later than the line before. */
  constructor(csv: string) {
    const [header, ...lines] = csv.trimEnd().split('\n')
    if (header !== HEADER) throw new Error(`the header is not ${HEADER}`)
    this.#lines = lines
    this.#times = Float64Array.from(lines, (line) => Date.parse(line.slice(0, line.indexOf(','))))
    const wrong = this.#times.findIndex((time, i) => !(i === 0 ? Number.isFinite(time) : time > this.#times[i - 1]!))
    if (wrong !== -1) throw new Error(`line ${wrong + 2}: the time does not increase`)
  }

  get count(): number {
    return this.#lines.length
  }

  get from(): number {
    return this.#times[0] ?? 0
  }

  get to(): number {
    return this.#times.at(-1) ?? 0
  }

  /** In the order in which they are read: from the newest back, or from the oldest on. */
  read({ from, before, limit, first }: BarRange): ReferenceBar[] {
    const [start, end] = [this.#indexOf(from), this.#indexOf(before)]
    const count = Math.max(0, Math.min(limit, end - start))
    return Array.from({ length: count }, (_, i) => this.#bar(first === 'newest' ? end - 1 - i : start + i))
  }

  /** Of the first bar that does not open before `time`. */
  #indexOf(time: number): number {
    let [low, high] = [0, this.#times.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#times[middle]! < time) low = middle + 1
      else high = middle
    }
    return low
  }

  #bar(index: number): ReferenceBar {
    const cells = this.#lines[index]!.split(',')
    const [, open, high, low, close, volume] = cells
    if (cells.length !== CELLS || !open || !high || !low || !close) throw new Error(`line ${index + 2} is no bar`)
    return { openTime: this.#times[index]!, open, high, low, close, volume: volume || null }
  }
}

/** Reads each file once, when it is first asked for. */
export class BarLibrary {
  readonly #directory: string
  readonly #files = new Map<string, Promise<BarHistory>>()

  constructor(directory: string = DATA) {
    this.#directory = directory
  }

  /** Null where no bars of that length are known; rejects where the file cannot be read, and tries again at the next question. */
  async history({ files }: Pick<ReferenceMarket, 'files'>, interval: ReferenceInterval): Promise<BarHistory | null> {
    const file = files[interval]
    if (file === undefined) return null
    const known = this.#files.get(file) ?? this.#read(file)
    this.#files.set(file, known)
    return known
  }

  async #read(file: string): Promise<BarHistory> {
    try {
      return new BarHistory((await unpack(await readFile(path.join(this.#directory, file)))).toString('utf8'))
    } catch (error) {
      this.#files.delete(file)
      throw error
    }
  }
}
