import path from 'node:path'
import { rolePolicies } from '@opsource/identity'
import { ResponseCache } from './cache/response-cache.ts'
import type { GatewayOptions } from './gateway-options.ts'
import { ApiKeys } from './identity/api-keys.ts'
import { Authentication } from './identity/authentication.ts'
import { Connections } from './identity/connections.ts'
import { Sessions } from './identity/session.ts'
import { Admissions } from './limits/admission.ts'
import { Gate } from './limits/gate.ts'
import { Rates } from './limits/rates.ts'
import { KnownOperations } from './operations/known.ts'
import { Manifest } from './operations/manifest.ts'
import { Operations } from './operations/operations.ts'
import { type Apollo, startApollo } from './server/apollo.ts'
import { GatewayMetrics } from './server/metrics.ts'
import { Records } from './server/request-log.ts'
import { Subscriptions } from './subscribe/subscriptions.ts'
import { fileSource } from './supergraph/file-source.ts'
import { readSupergraph, SupergraphLoader } from './supergraph/loader.ts'
import { liveSources, openUpstreams, querySources, type Upstreams } from './upstreams/sources.ts'

/** Of the graph and its examples where nothing else is said. */
export const repository = path.resolve(import.meta.dirname, '../../..')
/** The subgraph that knows API keys. */
const KEY_ISSUER = 'enterprise'

/** What answers operations, whichever way they come in. */
export interface Engine {
  readonly upstreams: Upstreams
  readonly metrics: GatewayMetrics
  readonly records: Records
  readonly authentication: Authentication
  readonly sessions: Sessions
  readonly connections: Connections
  readonly gate: Gate
  readonly operations: Operations
  readonly known: KnownOperations
  readonly responses: ResponseCache
  readonly subscriptions: Subscriptions
  readonly apollo: Apollo
  /** Reads the supergraph again. Rejects, keeping the graph in use, where there is none that can be served. */
  reload(): Promise<void>
  /** Lets go of everything. */
  close(): Promise<void>
}

/** Rejects, naming what is wrong, where the supergraph cannot be enforced here. */
export async function openEngine(options: GatewayOptions): Promise<Engine> {
  const { log, clock, cache, rateScale: scale = 1, introspection = true, operationLines: lines } = options
  const source = options.supergraph ?? fileSource(path.join(repository, 'supergraph.graphql'))
  const supergraphSdl = await readSupergraph(source)
  const metrics = new GatewayMetrics(options.metrics)
  const records = new Records({ log, metrics, ...(lines ? { lines } : {}) })
  const upstreams = openUpstreams(options.upstreams, options.maxAnswerBytes)
  const issuer = upstreams.get(KEY_ISSUER)
  if (!issuer) throw new Error(`The gateway needs the upstream ${KEY_ISSUER}, which knows API keys`)
  const authentication = new Authentication(options.verifier, new ApiKeys(issuer, clock))
  const { responses, unfollow } = await ResponseCache.follow(options)
  const rates = new Rates({ cache, clock, log, scale, onLimited: (rate) => metrics.limited.inc({ rate }) })
  const admissions = new Admissions({ rates, policies: new Map([...rolePolicies, ...(options.policies ?? [])]) })
  const fetching = { log, clock, onFetched: metrics.fetched, liveJoinMs: options.liveJoinMs }
  const subscriptions = new Subscriptions({
    upstreams,
    sources: liveSources(upstreams, fetching),
    admissions,
    clock,
    log,
    metrics,
    suggests: introspection,
  })
  const known = new KnownOperations()
  const apollo = await startApollo({
    supergraphSdl,
    sources: querySources(upstreams, fetching),
    log,
    onGraph: (graph) => {
      admissions.take(graph)
      subscriptions.use(graph)
    },
    admit: (request) => admissions.admit(request),
    known,
    answered: (answered) => {
      records.answered(answered)
      const { identity } = answered.context.caller
      return answered.type === 'mutation' && identity ? responses.changed(identity) : undefined
    },
    studio: options.studio,
    introspection,
  })
  const { manifest = new Manifest([]), safelisted = [] } = options
  const loader = followSupergraph(options, { source, supergraphSdl, apollo, manifest, metrics })
  const sessions = new Sessions(authentication)
  return {
    upstreams,
    metrics,
    records,
    authentication,
    sessions,
    connections: new Connections({ scale, onRefused: (limit) => metrics.refusedConnections.inc({ limit }) }),
    gate: new Gate(rates),
    operations: new Operations({ manifest, safelisted, cache, log }),
    known,
    responses,
    subscriptions,
    apollo,
    reload: () => loader.reload(),
    close: async () => {
      await loader.stop()
      await unfollow()
      sessions.close()
      rates.close()
      await apollo.server.stop()
      await Promise.all([...upstreams.values()].map((upstream) => upstream.close()))
    },
  }
}

interface Followed {
  readonly source: NonNullable<GatewayOptions['supergraph']>
  readonly supergraphSdl: string
  readonly apollo: Apollo
  readonly manifest: Manifest
  readonly metrics: GatewayMetrics
}

/** Takes each change of the supergraph into use, and plans the registered operations anew. */
function followSupergraph(
  { log }: GatewayOptions,
  { source, supergraphSdl, apollo, manifest, metrics }: Followed,
): SupergraphLoader {
  const warm = () =>
    apollo.warm(manifest.operations).catch((error: Error) => log.warn({ reason: error.message }, 'not all is warm'))
  void warm()
  const onLoad = (outcome: 'taken' | 'refused') => {
    metrics.supergraphLoads.inc({ outcome })
    if (outcome === 'taken') void warm()
  }
  return SupergraphLoader.follow({ source, log, use: (sdl) => apollo.update(sdl), onLoad }, supergraphSdl)
}
