import type { Upstream, UpstreamResult, UpstreamSink } from '../upstreams/upstream.ts'

interface Step {
  readonly kind: 'SNAPSHOT' | 'DELTA'
  readonly sequence: number
  readonly previous: number | null
}

/** An owner of a `DELTA` in the test's hand: each of its subscriptions has its own way to the gateway, along which events wait to be delivered. */
export class BookOwner implements Upstream {
  readonly name = 'exchange'
  /** What is under way on each open subscription, oldest first. */
  readonly ways: { readonly sink: UpstreamSink; readonly steps: Step[] }[] = []
  subscriptions = 0
  sequence = 0

  subscribe(_request: unknown, sink: UpstreamSink): () => void {
    this.subscriptions++
    const way = { sink, steps: [{ kind: 'SNAPSHOT', sequence: this.sequence, previous: null } satisfies Step] }
    this.ways.push(way)
    return () => {
      const index = this.ways.indexOf(way)
      if (index >= 0) this.ways.splice(index, 1)
    }
  }

  /** The book moves. */
  step(): void {
    const previous = this.sequence
    this.sequence += 1 + (previous % 3)
    for (const { steps } of this.ways) steps.push({ kind: 'DELTA', sequence: this.sequence, previous })
  }

  /** @returns whether there was something to deliver. */
  deliver(way: number): boolean {
    const found = this.ways[way]
    const step = found?.steps.shift()
    if (!found || !step) return false
    found.sink.next({ data: { book: { ...step, stateMark: step.sequence } } })
    return true
  }

  /** Delivers everything that is under way. */
  deliverAll(): void {
    while (this.ways.some((_, way) => this.deliver(way)));
  }

  /** Breaks every connection. */
  restart(): void {
    for (const { sink } of this.ways.splice(0)) sink.lost('restarted')
  }

  execute = () => Promise.reject(new Error('only subscriptions here'))
  ready = async () => {}
  close = async () => {}
}

export function stepOf(event: UpstreamResult): Step {
  return event.data?.book as Step
}
