import type { Clock } from '@opsource/kernel'
import type { Subgraph } from '@opsource/subgraph'
import type { Logger } from 'pino'
import { limits } from '../limits/limits.ts'
import { Breaker } from './breaker.ts'
import { type DataSourceOptions, UpstreamDataSource } from './data-source.ts'
import { HttpUpstream } from './http.ts'
import { LocalUpstream } from './local.ts'
import type { Upstream } from './upstream.ts'

export type Upstreams = ReadonlyMap<string, Upstream>

/**
 * @param given a running domain of this process, or the URL of its GraphQL endpoint, by name.
 * @param maxAnswerBytes of one answer of those behind a URL.
 */
export function openUpstreams(
  given: Readonly<Record<string, Subgraph | string>>,
  maxAnswerBytes: number = limits.answerBytes,
): Upstreams {
  return new Map(
    Object.entries(given).map(([name, upstream]) => [
      name,
      typeof upstream === 'string'
        ? new HttpUpstream(name, upstream, maxAnswerBytes)
        : new LocalUpstream(name, upstream),
    ]),
  )
}

export interface SourcesOptions {
  readonly log: Logger
  readonly clock: Clock
  readonly onFetched: NonNullable<DataSourceOptions['onFetched']>
  /** How long a live event waits for what joins it, in milliseconds. */
  readonly liveJoinMs?: number | undefined
}

/** What queries and mutations are answered from. */
export function querySources(upstreams: Upstreams, options: SourcesOptions) {
  return sourcesOf(upstreams, options, { timeoutMs: limits.fetchMs, retriesReads: true })
}

/** What joins a live event must be quick: a breaker of its own keeps a subgraph that hangs from slowing every event. */
export function liveSources(upstreams: Upstreams, { liveJoinMs = limits.liveJoinMs, ...options }: SourcesOptions) {
  return sourcesOf(upstreams, options, { timeoutMs: liveJoinMs, retriesReads: false })
}

function sourcesOf(
  upstreams: Upstreams,
  { log, clock, onFetched }: SourcesOptions,
  patience: Pick<DataSourceOptions, 'timeoutMs' | 'retriesReads'>,
) {
  return Object.fromEntries(
    [...upstreams].map(([name, upstream]) => [
      name,
      new UpstreamDataSource(upstream, { ...patience, log, breaker: new Breaker(clock), onFetched }),
    ]),
  )
}
