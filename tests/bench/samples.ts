/** Durations of one thing measured many times, in milliseconds. */
export class Samples {
  readonly #values: number[] = []

  add(milliseconds: number): void {
    this.#values.push(milliseconds)
  }

  get count(): number {
    return this.#values.length
  }

  percentile(ratio: number): number {
    const sorted = this.#values.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? Number.NaN
  }
}

/** Times one piece of work at a time. */
export async function oneByOne(count: number, work: (index: number) => Promise<unknown>): Promise<Samples> {
  const samples = new Samples()
  for (let index = 0; index < count; index++) {
    const begun = performance.now()
    await work(index)
    samples.add(performance.now() - begun)
  }
  return samples
}

/** Keeps so many pieces of work in hand. @returns their durations, and how many were done a second. */
export async function sideBySide(
  count: number,
  hands: number,
  work: (index: number) => Promise<unknown>,
): Promise<{ samples: Samples; perSecond: number }> {
  const samples = new Samples()
  let next = 0
  const begun = performance.now()
  const hand = async () => {
    while (next < count) {
      const index = next++
      const from = performance.now()
      await work(index)
      samples.add(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: hands }, hand))
  return { samples, perSecond: (count * 1000) / (performance.now() - begun) }
}
