/** Names that clients choose, as labels of metrics: the first so many have a series of their own, all others share one. */
export class BoundedLabels {
  readonly #most: number
  readonly #known = new Set<string>()

  constructor(most: number) {
    this.#most = most
  }

  of(name: string | null | undefined): string {
    if (name == null || name === '') return 'none'
    if (this.#known.has(name)) return name
    if (this.#known.size >= this.#most) return 'other'
    this.#known.add(name)
    return name
  }
}
