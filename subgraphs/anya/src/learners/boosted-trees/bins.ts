import { seededRandom } from '@opsource/kernel'
import { sortFloats } from './sort.ts'

/** Codes are bytes; one of them stands for a missing value. */
export const MAX_BINS = 255

/** Quantiles are estimated on no more rows a bin than this: beyond, edges hardly move and only sorting grows. */
const SAMPLED_PER_BIN = 400

/** Rows of float32 columns; NaN is a missing value. */
export interface Matrix {
  readonly width: number
  /** Row-major. */
  readonly values: Float32Array
}

/**
 * Where the columns are cut. Bin b of a column holds what is <= edges[b] and > edges[b - 1]; the bin after the last holds the missing
 * values. Edges are float32, as ONNX holds thresholds, so that a row takes the same way through a tree here and there.
 */
export type Edges = readonly Float32Array[]

/**
 * Rows as the numbers of the bins that their values fall into: row by row, four columns a word, so that one read serves four, and
 * column by column for those who look at one column of many rows.
 */
export interface BinnedRows {
  readonly size: number
  readonly wordsPerRow: number
  readonly words: Int32Array
  /** The same memory by bytes: the code of a column in a row is at `row * wordsPerRow * 4 + column`. */
  readonly codes: Uint8Array
  /** The code of a column in a row is at `column * size + row`. */
  readonly columns: Uint8Array
}

export const missingBin = (edges: Float32Array) => edges.length + 1

/** Whether edges are those of a sample of the rows, and so depend on the seed. */
export const needsSample = ({ values, width }: Matrix, bins: number) => values.length / width > bins * SAMPLED_PER_BIN

/** Cuts each column at its quantiles, or between all its values where they are few. */
export function findEdges(matrix: Matrix, bins: number, seed: number): Edges {
  const { values, width } = matrix
  const size = values.length / width
  const random = seededRandom(seed)
  const rows = needsSample(matrix, bins)
    ? Uint32Array.from({ length: bins * SAMPLED_PER_BIN }, () => Math.floor(random.next() * size))
    : Uint32Array.from({ length: size }, (_, row) => row)
  const counts = new Uint32Array(width)
  const known = new Float32Array(rows.length * width)
  for (let i = 0; i < rows.length; i++) {
    const first = rows[i]! * width
    for (let column = 0; column < width; column++) {
      const value = values[first + column]!
      if (!Number.isNaN(value)) known[column * rows.length + counts[column]!++] = value
    }
  }
  return Array.from(counts, (count, column) => {
    const first = column * rows.length
    return cut(sortFloats(known.subarray(first, first + count)), bins)
  })
}

function cut(sorted: Float32Array, bins: number): Float32Array {
  let distinct = sorted.length === 0 ? 0 : 1
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) distinct++
  const edges: number[] = []
  const add = (below: number, above: number) => {
    const edge = below === above ? below : between(below, above)
    if (edges.length === 0 || edge > edges.at(-1)!) edges.push(edge)
  }
  if (distinct <= bins) {
    for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) add(sorted[i - 1]!, sorted[i]!)
  } else {
    for (let bin = 1; bin < bins; bin++) {
      const index = Math.floor((bin * sorted.length) / bins)
      if (sorted[index]! < sorted.at(-1)!) add(sorted[index - 1] ?? sorted[index]!, sorted[index]!)
    }
  }
  return Float32Array.from(edges)
}

/** A float32 that is >= `below` and < `above`, in the middle where there is one. */
function between(below: number, above: number): number {
  const middle = Math.fround((below + above) / 2)
  return middle < above ? middle : below
}

export function binRows({ values, width }: Matrix, edges: Edges): BinnedRows {
  const size = values.length / width
  const wordsPerRow = Math.ceil(width / 4)
  const words = new Int32Array(size * wordsPerRow)
  const codes = new Uint8Array(words.buffer)
  const columns = new Uint8Array(size * width)
  const { length, cuts } = padded(edges)
  const missing = edges.map(missingBin)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < width; column++) {
      const value = values[row * width + column]!
      const code = Number.isNaN(value) ? missing[column]! : binOf(value, cuts, column * length, length)
      codes[row * wordsPerRow * 4 + column] = code
      columns[column * size + row] = code
    }
  }
  return { size, wordsPerRow, words, codes, columns }
}

/** The edges of all columns one after another, each filled up to `length`, a power of 2, with what no value is above. */
function padded(edges: Edges): { length: number; cuts: Float32Array } {
  const most = Math.max(...edges.map((cuts) => cuts.length))
  const length = 1 << Math.ceil(Math.log2(most + 1))
  const cuts = new Float32Array(edges.length * length).fill(Number.POSITIVE_INFINITY)
  edges.forEach((each, column) => {
    cuts.set(each, column * length)
  })
  return { length, cuts }
}

/** How many edges are below the value: calculated, as the processor cannot foresee a search. */
function binOf(value: number, cuts: Float32Array, first: number, length: number): number {
  let below = 0
  for (let width = length >> 1; width > 0; width >>= 1) {
    below += width * Number(cuts[first + below + width - 1]! < value)
  }
  return below
}
