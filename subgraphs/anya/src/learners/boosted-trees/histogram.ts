import type { BinnedRows, Edges } from './bins.ts'
import { missingBin } from './bins.ts'
import type { PackedDerivatives } from './packed.ts'

/** Sums of packed derivatives by column and bin; column c's begin at `c * stride`. */
export type Histogram = Float64Array

/** Adds the rows `order[start … end)` to the histogram: where nearly all the time of training goes. */
export function addRows(
  histogram: Histogram,
  stride: number,
  { words, wordsPerRow }: BinnedRows,
  values: Float64Array,
  order: Int32Array,
  start: number,
  end: number,
): void {
  const step = stride * 4
  const second = stride
  const third = stride * 2
  const fourth = stride * 3
  for (let k = start; k < end; k++) {
    const row = order[k]!
    const value = values[row]!
    let at = 0
    const first = row * wordsPerRow
    const last = first + wordsPerRow
    for (let word = first; word < last; word++) {
      const codes = words[word]!
      histogram[at + (codes & 255)]! += value
      histogram[at + second + ((codes >>> 8) & 255)]! += value
      histogram[at + third + ((codes >>> 16) & 255)]! += value
      histogram[at + fourth + (codes >>> 24)]! += value
      at += step
    }
  }
}

export interface Split {
  readonly feature: number
  /** The last bin that goes left. */
  readonly bin: number
  readonly missingLeft: boolean
  /** How much the loss's second-order model falls. */
  readonly gain: number
  /** Packed sum of the left side. */
  readonly left: number
}

export interface SplitLimits {
  /** Smallest sum of second derivatives on either side. */
  readonly minHessian: number
  /** L2 penalty on leaf values. */
  readonly penalty: number
}

const MIN_GAIN = 1e-9

/** Finds the split of largest gain among the columns; missing values are tried on both sides. */
export function findSplit(
  histogram: Histogram,
  stride: number,
  edges: Edges,
  columns: readonly number[],
  packed: PackedDerivatives,
  total: number,
  limits: SplitLimits,
): Split | null {
  const { shift, gradientScale, hessianScale } = packed
  const perShift = 1 / shift
  // All in steps: gain = G² / (H + penalty) keeps its order when every H is scaled alike.
  const penalty = limits.penalty * hessianScale
  const least = limits.minHessian * hessianScale
  const unit = hessianScale / (gradientScale * gradientScale)
  const gradient = Math.floor(total * perShift)
  const hessian = total - gradient * shift
  const parent = (gradient * gradient) / (hessian + penalty)
  let best = parent + MIN_GAIN / unit
  let feature = -1
  let cut = 0
  let missingLeft = false
  let left = 0
  for (const column of columns) {
    const start = column * stride
    const cuts = edges[column]!.length
    const missing = histogram[start + missingBin(edges[column]!)]!
    for (let side = 0; side < (missing === 0 ? 1 : 2); side++) {
      let sum = side === 0 ? 0 : missing
      // The cut after the last edge parts what is known from what is missing.
      const last = missing !== 0 && side === 0 ? cuts : cuts - 1
      for (let bin = 0; bin <= last; bin++) {
        const added = histogram[start + bin]!
        if (added === 0) continue
        sum += added
        const g = Math.floor(sum * perShift)
        const h = sum - g * shift
        if (h < least) continue
        const rest = hessian - h
        if (rest < least) break
        const worth = (g * g) / (h + penalty) + ((gradient - g) * (gradient - g)) / (rest + penalty)
        if (worth > best) {
          best = worth
          feature = column
          cut = bin
          // Where nothing is missing now, what is missing later goes with the heavier side.
          missingLeft = missing === 0 ? h > rest : side === 1
          left = sum
        }
      }
    }
  }
  return feature < 0 ? null : { feature, bin: cut, missingLeft, gain: (best - parent) * unit, left }
}
