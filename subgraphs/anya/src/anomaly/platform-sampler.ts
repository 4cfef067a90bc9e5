import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Registry } from 'prom-client'

export const PLATFORM_MEASURES = ['event loop delay', 'market data delay', 'request latency', 'request faults'] as const
export type PlatformMeasure = (typeof PLATFORM_MEASURES)[number]

/** How often the event loop is looked at; its delay counts from there. */
const RESOLUTION_MS = 20
const NANOSECONDS = 1e6
/** Names that every subgraph counts under: of all that run in this process. */
const REQUEST_SECONDS = 'opsource_subgraph_request_seconds'
const REQUEST_ERRORS = 'opsource_subgraph_errors_total'
/** Errors that are nobody's fault but ours. */
const FAULTS = new Set(['INTERNAL_SERVER_ERROR', 'SUBGRAPH_UNAVAILABLE'])

interface Totals {
  readonly requests: number
  readonly seconds: number
  readonly faults: number
}

/** What this process can see of itself: how late its event loop is, and the requests that it answers. */
export class PlatformSampler {
  readonly #metrics: Registry
  readonly #loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #before: Totals | undefined

  constructor(metrics: Registry) {
    this.#metrics = metrics
  }

  start(): void {
    this.#loop.enable()
  }

  close(): void {
    this.#loop.disable()
  }

  /** Of the time since the last sample; what nothing was seen of is left out. */
  async sample(): Promise<Partial<Readonly<Record<PlatformMeasure, number>>>> {
    const delay = this.#loop.percentile(99) / NANOSECONDS - RESOLUTION_MS
    this.#loop.reset()
    const before = this.#before
    const now = await this.#totals()
    this.#before = now
    const requests = now.requests - (before?.requests ?? now.requests)
    return {
      'event loop delay': Math.max(0, delay),
      ...(before ? { 'request faults': now.faults - before.faults } : {}),
      ...(before && requests > 0 ? { 'request latency': ((now.seconds - before.seconds) / requests) * 1_000 } : {}),
    }
  }

  async #totals(): Promise<Totals> {
    const [requests, seconds, faults] = await Promise.all([
      this.#sum(REQUEST_SECONDS, ({ metricName }) => metricName === `${REQUEST_SECONDS}_count`),
      this.#sum(REQUEST_SECONDS, ({ metricName }) => metricName === `${REQUEST_SECONDS}_sum`),
      this.#sum(REQUEST_ERRORS, ({ labels }) => FAULTS.has(String(labels.code))),
    ])
    return { requests, seconds, faults }
  }

  async #sum(name: string, counts: (value: CountedValue) => boolean): Promise<number> {
    const metric = await this.#metrics.getSingleMetric(name)?.get()
    const values: readonly CountedValue[] = metric?.values ?? []
    return values.filter(counts).reduce((sum, { value }) => sum + value, 0)
  }
}

interface CountedValue {
  readonly value: number
  readonly labels: Partial<Record<string, string | number>>
  readonly metricName?: string
}
