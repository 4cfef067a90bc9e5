import { type Forest, goesTrue } from './forest.ts'
import { UnknownForm } from './unknown-form.ts'
import type { Additive } from './values.ts'

/** Features of a path are bits of one number. */
const MAX_PATH_FEATURES = 30

/** What the reference rows fulfil of each leaf's path: which sets of its features fail, and how often. */
interface Patterns {
  /** Of leaf k: `mask[starts[k] … starts[k + 1])`, a bit set for each feature of the path that leads elsewhere. */
  readonly starts: Int32Array
  readonly masks: Int32Array
  /** Share of the reference rows. */
  readonly shares: Float64Array
}

/**
 * Shapley values of a sum of trees, exactly: the game's value of a set of features is the mean of the forest's sum over the reference
 * rows, with the set's features taken from the row that is explained (interventional TreeSHAP; Lundberg et al., "From local explanations
 * to global understanding with explainable AI for trees", 2020). Per leaf and reference row, a feature of the path is one that only the
 * explained row fulfils (P of them), only the reference row (N), both or neither; with neither nothing gets there, and otherwise
 * each of P has (P−1)! N! / (P+N)! of the leaf's value, each of N −P! (N−1)! / (P+N)! (Laberge and Pequignot, "Understanding
 * interventional TreeSHAP", 2022). Reference rows that fail alike are counted together once, when the file is read.
 */
export class ForestExplainer {
  readonly #forest: Forest
  readonly #width: number
  readonly #patterns: Patterns
  /** Number of each leaf among the leaves, by node. */
  readonly #leafNumber: Int32Array
  readonly #slots: Int32Array
  readonly #base: Float64Array
  readonly #path = new Int32Array(MAX_PATH_FEATURES)

  /** @param reference rows of `width` features, one after another; at least one. */
  constructor(forest: Forest, reference: Float32Array, width: number) {
    this.#forest = forest
    this.#width = width
    this.#leafNumber = new Int32Array(forest.feature.length).fill(-1)
    this.#slots = slotsOf(forest)
    this.#patterns = this.#countPatterns(reference)
    this.#base = this.#baseValues()
  }

  /** @returns one a target. */
  explain(row: Float32Array): Additive[] {
    const contributions = new Float64Array(this.#forest.targets * this.#width)
    for (const root of this.#forest.roots) this.#descend(root, row, 0, contributions)
    return Array.from(this.#base, (base, target) => ({
      base,
      scale: 'VALUE',
      contributions: contributions.subarray(target * this.#width, (target + 1) * this.#width),
    }))
  }

  /** @param failed features of the path so far that lead the row elsewhere. */
  #descend(node: number, row: Float32Array, failed: number, contributions: Float64Array): void {
    const { feature, whenTrue, whenFalse } = this.#forest
    const column = feature[node]!
    if (column < 0) {
      this.#share(node, failed, contributions)
      return
    }
    const slot = this.#slots[node]!
    this.#path[slot] = column
    const isTrue = goesTrue(this.#forest, node, row[column]!)
    const lost = failed | (1 << slot)
    this.#descend(whenTrue[node]!, row, isTrue ? failed : lost, contributions)
    this.#descend(whenFalse[node]!, row, isTrue ? lost : failed, contributions)
  }

  #share(node: number, failed: number, contributions: Float64Array): void {
    const { starts, masks, shares } = this.#patterns
    const leaf = this.#leafNumber[node]!
    const missed = bitsOf(failed)
    for (let k = starts[leaf]!; k < starts[leaf + 1]!; k++) {
      const mask = masks[k]!
      if ((mask & failed) !== 0) continue
      const met = bitsOf(mask)
      if (met > 0) this.#add(node, mask, shares[k]! * weightOf(met - 1, missed), contributions)
      if (missed > 0) this.#add(node, failed, -shares[k]! * weightOf(missed - 1, met), contributions)
    }
  }

  #add(node: number, mask: number, weight: number, contributions: Float64Array): void {
    for (const { target, value } of this.#forest.leaves[node]!) {
      for (let rest = mask; rest !== 0; rest &= rest - 1) {
        const slot = 31 - Math.clz32(rest & -rest)
        contributions[target * this.#width + this.#path[slot]!]! += weight * value
      }
    }
  }

  #countPatterns(reference: Float32Array): Patterns {
    const starts = [0]
    const masks: number[] = []
    const shares: number[] = []
    const rows = reference.length / this.#width
    let leaves = 0
    const visit = (node: number, failed: Int32Array) => {
      const column = this.#forest.feature[node]!
      if (column < 0) {
        this.#leafNumber[node] = leaves++
        const first = masks.length
        for (const mask of failed) {
          const known = masks.indexOf(mask, first)
          if (known === -1) shares[masks.push(mask) - 1] = 1 / rows
          else shares[known]! += 1 / rows
        }
        starts.push(masks.length)
        return
      }
      const bit = 1 << this.#slots[node]!
      const [whenTrue, whenFalse] = [new Int32Array(rows), new Int32Array(rows)]
      for (let r = 0; r < rows; r++) {
        const isTrue = goesTrue(this.#forest, node, reference[r * this.#width + column]!)
        whenTrue[r] = isTrue ? failed[r]! : failed[r]! | bit
        whenFalse[r] = isTrue ? failed[r]! | bit : failed[r]!
      }
      visit(this.#forest.whenTrue[node]!, whenTrue)
      visit(this.#forest.whenFalse[node]!, whenFalse)
    }
    for (const root of this.#forest.roots) visit(root, new Int32Array(rows))
    return { starts: Int32Array.from(starts), masks: Int32Array.from(masks), shares: Float64Array.from(shares) }
  }

  #baseValues(): Float64Array {
    const { starts, masks, shares } = this.#patterns
    const base = Float64Array.from(this.#forest.base)
    this.#forest.leaves.forEach((values, node) => {
      const leaf = this.#leafNumber[node]!
      if (!values || leaf < 0) return
      for (let k = starts[leaf]!; k < starts[leaf + 1]!; k++)
        if (masks[k] === 0) for (const { target, value } of values) base[target]! += value * shares[k]!
    })
    return base
  }
}

/** The place of each node's feature among the different features of the path that leads to it. */
function slotsOf({ roots, feature, whenTrue, whenFalse }: Forest): Int32Array {
  const slots = new Int32Array(feature.length)
  const visit = (node: number, path: readonly number[]) => {
    const column = feature[node]!
    if (column < 0) return
    const known = path.indexOf(column)
    slots[node] = known === -1 ? path.length : known
    if (slots[node]! >= MAX_PATH_FEATURES) throw new UnknownForm('a path of its trees asks for too many features')
    const longer = known === -1 ? [...path, column] : path
    visit(whenTrue[node]!, longer)
    visit(whenFalse[node]!, longer)
  }
  for (const root of roots) visit(root, [])
  return slots
}

function bitsOf(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++
  return count
}

const FACTORIALS = Float64Array.from({ length: MAX_PATH_FEATURES + 1 }, (_, n) => {
  let product = 1
  for (let k = 2; k <= n; k++) product *= k
  return product
})

/** others! rivals! / (others + rivals + 1)! */
const WEIGHTS = Float64Array.from({ length: (MAX_PATH_FEATURES + 1) ** 2 }, (_, i) => {
  const [others, rivals] = [Math.floor(i / (MAX_PATH_FEATURES + 1)), i % (MAX_PATH_FEATURES + 1)]
  const all = FACTORIALS[others + rivals + 1]
  return all === undefined ? 0 : (FACTORIALS[others]! * FACTORIALS[rivals]!) / all
})
const weightOf = (others: number, rivals: number) => WEIGHTS[others * (MAX_PATH_FEATURES + 1) + rivals]!
