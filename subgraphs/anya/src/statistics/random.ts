import { type Random, seededRandom } from '@opsource/kernel'

/** A float of the standard normal distribution (Box and Muller 1958). */
export function normalSample(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return radius * Math.cos(2 * Math.PI * random.next())
}

/** @returns the values in an order that only the seed decides (Fisher and Yates). */
export function shuffled(values: Float64Array, seed: number): Float64Array {
  const random = seededRandom(seed)
  const result = values.slice()
  for (let i = result.length - 1; i > 0; i--) {
    const other = Math.floor(random.next() * (i + 1))
    const value = result[i]!
    result[i] = result[other]!
    result[other] = value
  }
  return result
}
