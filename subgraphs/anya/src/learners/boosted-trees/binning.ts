import { type BinnedRows, binRows, type Edges, findEdges, type Matrix, needsSample } from './bins.ts'

/** Rows that trees are fitted on, and such that judge them, by their bins. */
export interface Binned {
  readonly edges: Edges
  readonly train: BinnedRows
  readonly validation: BinnedRows | null
}

/**
 * Bins of rows, for whoever fits several models on the same: cutting and binning cost as much as dozens of trees. Rows are told apart
 * by their memory, which must not change while they are kept here.
 */
export class Binning {
  readonly #edges = new Map<Float32Array, Map<string, Edges>>()
  readonly #rows = new Map<Edges, Map<Float32Array, BinnedRows>>()

  of(train: Matrix, validation: Matrix | undefined, { bins, seed }: { bins: number; seed: number }): Binned {
    const cut = `${bins} ${needsSample(train, bins) ? seed : ''}`
    const edges = kept(
      kept(this.#edges, train.values, () => new Map()),
      cut,
      () => findEdges(train, bins, seed),
    )
    const rows = kept(this.#rows, edges, () => new Map())
    const binned = (matrix: Matrix) => kept(rows, matrix.values, () => binRows(matrix, edges))
    return { edges, train: binned(train), validation: validation ? binned(validation) : null }
  }
}

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
