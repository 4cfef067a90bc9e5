import { seededRandom } from '@opsource/kernel'

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

/** Rows as the numbers of the bins that their values fall into, four columns a word, so that one read serves four. */
export interface BinnedRows {
  readonly size: number
  readonly wordsPerRow: number
  readonly words: Int32Array
  /** The same memory by bytes: the code of a column in a row is at `row * wordsPerRow * 4 + column`. */
  readonly codes: Uint8Array
}

export const missingBin = (edges: Float32Array) => edges.length + 1

/** Cuts each column at its quantiles, or between all its values where they are few. */
export function findEdges({ values, width }: Matrix, bins: number, seed: number): Edges {
  const size = values.length / width
  const random = seededRandom(seed)
  const sampled = bins * SAMPLED_PER_BIN
  const rows =
    size <= sampled
      ? Uint32Array.from({ length: size }, (_, row) => row)
      : Uint32Array.from({ length: sampled }, () => Math.floor(random.next() * size))
  return Array.from({ length: width }, (_, column) => {
    const sorted = new Float32Array(rows.length)
    let known = 0
    for (const row of rows) {
      const value = values[row * width + column]!
      if (!Number.isNaN(value)) sorted[known++] = value
    }
    return cut(sorted.subarray(0, known).sort(), bins)
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
  for (let column = 0; column < width; column++) {
    const cuts = edges[column]!
    for (let row = 0; row < size; row++) {
      codes[row * wordsPerRow * 4 + column] = binOf(cuts, values[row * width + column]!)
    }
  }
  return { size, wordsPerRow, words, codes }
}

function binOf(edges: Float32Array, value: number): number {
  if (Number.isNaN(value)) return missingBin(edges)
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= edges[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
