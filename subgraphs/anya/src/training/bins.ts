/** Codes are bytes. */
export const MAX_BINS = 256

/** A column's values as the number of the bin that they fall into: bin b holds what is <= edges[b] and > edges[b - 1]. */
export interface BinnedColumns {
  readonly edges: readonly Float32Array[]
  /** Row-major, one byte a value. */
  readonly codes: Uint8Array
}

/**
 * Cuts each column at its quantiles. Edges are float32, because ONNX holds thresholds so: a row takes the same way through a tree here
 * and there.
 */
export function binColumns(rows: Float32Array, width: number, bins: number): BinnedColumns {
  const size = rows.length / width
  const codes = new Uint8Array(rows.length)
  const edges: Float32Array[] = []
  for (let column = 0; column < width; column++) {
    const cuts = quantileEdges(Float32Array.from({ length: size }, (_, i) => rows[i * width + column]!).sort(), bins)
    edges.push(cuts)
    for (let i = 0; i < size; i++) codes[i * width + column] = binOf(cuts, rows[i * width + column]!)
  }
  return { edges, codes }
}

function quantileEdges(sorted: Float32Array, bins: number): Float32Array {
  const edges: number[] = []
  for (let bin = 1; bin < bins; bin++) {
    const index = Math.floor((bin * sorted.length) / bins)
    if (index === 0) continue
    const below = sorted[index - 1]!
    const above = sorted[index]!
    if (below === above) continue
    const middle = Math.fround((below + above) / 2)
    const edge = middle < above ? middle : below
    if (edges.length === 0 || edge > edges.at(-1)!) edges.push(edge)
  }
  return Float32Array.from(edges)
}

function binOf(edges: Float32Array, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= edges[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
