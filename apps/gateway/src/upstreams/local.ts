import type { SerializedRequest, Subgraph } from '@opsource/subgraph'
import {
  type FetchLimits,
  readResult,
  type Upstream,
  type UpstreamAnswer,
  type UpstreamSink,
  UpstreamUnavailable,
} from './upstream.ts'

/** A subgraph that runs in this process. */
export class LocalUpstream implements Upstream {
  readonly name: string
  readonly #subgraph: Subgraph

  constructor(name: string, subgraph: Subgraph) {
    this.name = name
    this.#subgraph = subgraph
  }

  async execute(request: SerializedRequest, limits: FetchLimits): Promise<UpstreamAnswer> {
    const body = await this.#within(this.#subgraph.execute(request), limits)
    return { result: readResult(this.name, body), cacheControl: null }
  }

  subscribe(request: SerializedRequest, sink: UpstreamSink): () => void {
    const events = this.#subgraph.subscribe(request)
    let live = true
    const forward = async () => {
      for await (const text of events) {
        if (!live) return
        const event = readResult(this.name, text)
        if (event.data === undefined) {
          live = false
          return sink.refused(event.errors ?? [])
        }
        sink.next(event)
      }
      if (live) sink.complete()
    }
    forward().catch((error: Error) => {
      if (live) sink.lost(error.message)
    })
    return () => {
      live = false
      // Only a source that is broken already rejects here, and it has no one left to tell.
      events.return?.().catch(() => {})
    }
  }

  ready(): Promise<void> {
    return this.#subgraph.ready()
  }

  /** The subgraph belongs to whoever started it. */
  async close(): Promise<void> {}

  async #within<T>(work: Promise<T>, { timeoutMs, departure }: FetchLimits): Promise<T> {
    const { promise: stopped, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => reject(new UpstreamUnavailable(this.name, `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
    const abort = () => reject(new UpstreamUnavailable(this.name, 'the request was abandoned'))
    departure?.watch(abort)
    try {
      return await Promise.race([work, stopped])
    } catch (error) {
      if (error instanceof UpstreamUnavailable) throw error
      throw new UpstreamUnavailable(this.name, error instanceof Error ? error.message : String(error))
    } finally {
      clearTimeout(timer)
      departure?.unwatch(abort)
    }
  }
}
