import { type Move, magnitude } from './position.ts'

/**
 * So many lots of one position are kept apart; of more the two oldest become one, with the older's place. A program that gathers a
 * position by a hundred fills a second would otherwise have millions. What is realised in all does not change by it, only when.
 */
export const MAX_OPEN_LOTS = 1_000

/** What the fills of one millisecond brought and later ones have not taken yet. Signed like the position: below zero what is short. */
export interface Lot {
  /** Of the first trade: orders the lots. */
  readonly engineSequence: number
  readonly leg: number
  /** Engine time, milliseconds since the Unix epoch. */
  readonly acquiredAt: number
  /** Base minor units that remain. */
  readonly quantity: bigint
  /** Quote minor units paid for them, or (below zero) received. */
  readonly cost: bigint
}

/** A fill's move with its place and time. */
export interface DatedMove extends Move {
  readonly engineSequence: number
  readonly leg: number
  /** Engine time, milliseconds since the Unix epoch. */
  readonly time: number
}

/**
 * A position's lots, first in, first out (IAS 2.27; the default of US 26 CFR § 1.1012-1(c)). A lot that is taken in part gives its share
 * of the cost, rounded toward zero, and keeps the remainder; a fill that takes several lots gives each its share in turn, and what is
 * left of its amount to the last. So for any fills: Σ cost of the lots − Σ realised is exactly what was paid less what was received.
 */
export class LotQueue {
  readonly #lots: Lot[]
  readonly #max: number

  /** @param lots those that there are, oldest first. */
  constructor(lots: readonly Lot[] = [], max = MAX_OPEN_LOTS) {
    this.#lots = [...lots]
    this.#max = max
  }

  /** Oldest first. */
  get lots(): readonly Lot[] {
    return this.#lots
  }

  /** @returns the profit that the move realised, in quote minor units. */
  add({ base, cost, engineSequence, leg, time }: DatedMove): bigint {
    if (base === 0n) return -cost
    let [left, costLeft, realised] = [base, cost, 0n]
    while (left !== 0n) {
      const oldest = this.#lots[0]
      if (!oldest || oldest.quantity > 0n === left > 0n) break
      const [held, wanted] = [magnitude(oldest.quantity), magnitude(left)]
      const closed = wanted < held ? wanted : held
      const lotShare = (oldest.cost * closed) / held
      const moveShare = (costLeft * closed) / wanted
      realised -= lotShare + moveShare
      const taken = left > 0n ? closed : -closed
      left -= taken
      costLeft -= moveShare
      this.#replaceOldest({ ...oldest, quantity: oldest.quantity + taken, cost: oldest.cost - lotShare })
    }
    if (left !== 0n) this.#append({ engineSequence, leg, acquiredAt: time, quantity: left, cost: costLeft })
    if (this.#lots.length > this.#max) this.#mergeOldest()
    return realised
  }

  /** Fills of one moment are one lot: a taker sweeps many makers at once. */
  #append(lot: Lot): void {
    const newest = this.#lots.at(-1)
    if (newest?.acquiredAt !== lot.acquiredAt) this.#lots.push(lot)
    else this.#lots[this.#lots.length - 1] = sumOf(newest, lot)
  }

  #replaceOldest(lot: Lot): void {
    if (lot.quantity !== 0n) this.#lots[0] = lot
    else this.#lots.shift()
  }

  #mergeOldest(): void {
    const [oldest, next] = this.#lots
    if (!oldest || !next) throw new Error('there are no two lots to make one of')
    this.#lots.splice(0, 2, sumOf(oldest, next))
  }
}

/** Two lots as one, in the first one's place. */
const sumOf = (first: Lot, next: Lot): Lot => ({
  ...first,
  quantity: first.quantity + next.quantity,
  cost: first.cost + next.cost,
})
