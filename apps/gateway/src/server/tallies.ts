import { Counter, Histogram, type Registry } from 'prom-client'

/** What belongs to a set of labels, found by one look-up for each: to make a text of them, as prom-client does, costs several times as much. */
class Labelled<T> {
  readonly #make: (values: readonly string[]) => T
  readonly #root: Place<T> = { thing: null, under: new Map() }
  readonly #all: T[] = []

  constructor(make: (values: readonly string[]) => T) {
    this.#make = make
  }

  of(values: readonly string[]): T {
    let place = this.#root
    for (const value of values) {
      let next = place.under.get(value)
      if (!next) {
        next = { thing: null, under: new Map() }
        place.under.set(value, next)
      }
      place = next
    }
    if (place.thing === null) {
      place.thing = this.#make(values)
      this.#all.push(place.thing)
    }
    return place.thing
  }

  get all(): readonly T[] {
    return this.#all
  }
}

interface Place<T> {
  thing: T | null
  readonly under: Map<string, Place<T>>
}

export interface TallyOptions {
  readonly name: string
  readonly help: string
  /** In the order in which their values are given. */
  readonly labelNames: readonly string[]
  readonly registers: Registry[]
}

/** A counter that is added to prom-client's when somebody looks. */
export class Tally {
  readonly #counts: Labelled<{ readonly labels: Labels; added: number }>

  constructor({ name, help, labelNames, registers }: TallyOptions) {
    this.#counts = new Labelled((values) => ({ labels: labelled(labelNames, values), added: 0 }))
    const all = () => this.#counts.all
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect() {
        for (const count of all()) {
          if (count.added > 0) this.inc(count.labels, count.added)
          count.added = 0
        }
      },
    })
  }

  add(...values: readonly string[]): void {
    this.#counts.of(values).added++
  }
}

type Labels = Readonly<Record<string, string>>

interface Series {
  readonly labels: Labels
  /** Observations by the first bucket that holds them; the last is above all. */
  readonly buckets: number[]
  sum: number
}

/** A histogram that counts in plain numbers, and is told in prom-client's form when somebody looks. */
export class TalliedHistogram extends Histogram {
  readonly #bounds: readonly number[]
  readonly #series: Labelled<Series>
  readonly #name: string
  readonly #help: string

  constructor({ name, help, labelNames, registers, buckets }: TallyOptions & { readonly buckets: readonly number[] }) {
    super({ name, help, labelNames: [...labelNames], registers, buckets: [...buckets] })
    this.#bounds = buckets
    this.#name = name
    this.#help = help
    this.#series = new Labelled((values) => ({
      labels: labelled(labelNames, values),
      buckets: Array<number>(buckets.length + 1).fill(0),
      sum: 0,
    }))
  }

  /** @param labels in the order of their names. */
  tally(seconds: number, ...labels: readonly string[]): void {
    const series = this.#series.of(labels)
    const bounds = this.#bounds
    let place = 0
    while (place < bounds.length && seconds > (bounds[place] ?? 0)) place++
    series.buckets[place] = (series.buckets[place] ?? 0) + 1
    series.sum += seconds
  }

  /** prom-client's own name for what it writes as text, and makes JSON of. */
  async getForPromString() {
    const values = this.#series.all.flatMap(({ labels: sharedLabels, buckets, sum }) => {
      let count = 0
      const cumulative = buckets.map((observed, place) => {
        count += observed
        return {
          metricName: `${this.#name}_bucket`,
          value: count,
          labels: { le: this.#bounds[place] ?? '+Inf' },
          sharedLabels,
        }
      })
      return [
        ...cumulative,
        { metricName: `${this.#name}_sum`, value: sum, labels: {}, sharedLabels },
        { metricName: `${this.#name}_count`, value: count, labels: {}, sharedLabels },
      ]
    })
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values }
  }
}

function labelled(names: readonly string[], values: readonly string[]): Labels {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}
