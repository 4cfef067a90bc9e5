import type { Upstream } from '../upstreams/upstream.ts'

export interface Health {
  /** `degraded`: some fields are missing, the rest is served. */
  readonly status: 'ready' | 'degraded' | 'unavailable' | 'stopping'
  /** By subgraph: `ready`, or why it is not. */
  readonly subgraphs: Readonly<Record<string, string>>
}

/** The state of each subgraph; null where it is ready. */
export async function readinessOf(upstreams: Iterable<Upstream>): Promise<Record<string, string | null>> {
  const states = [...upstreams].map(async (upstream) => {
    const reason = await upstream.ready().then(
      () => null,
      (error: Error) => error.message,
    )
    return [upstream.name, reason] as const
  })
  return Object.fromEntries(await Promise.all(states))
}

/** A gateway that can serve some subgraph is ready: taking it away would take the good fields with the bad. */
export function healthOf(readiness: Readonly<Record<string, string | null>>, stopping: boolean): Health {
  const reasons = Object.values(readiness)
  const ready = reasons.filter((reason) => reason === null).length
  const status = ready === reasons.length ? 'ready' : ready > 0 ? 'degraded' : 'unavailable'
  return {
    status: stopping ? 'stopping' : status,
    // Reasons may name hosts: they are for the log.
    subgraphs: Object.fromEntries(
      Object.entries(readiness).map(([name, reason]) => [name, reason === null ? 'ready' : 'unavailable']),
    ),
  }
}
