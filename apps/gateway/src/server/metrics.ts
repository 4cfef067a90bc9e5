import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { BoundedLabels } from './bounded-labels.ts'
import { TalliedHistogram, Tally } from './tallies.ts'

/** Operations and clients with a series of their own; a venue's apps have some dozens. */
const MAX_NAMED_OPERATIONS = 200
const MAX_NAMED_CLIENTS = 50

export interface FinishedOperation {
  readonly type: string
  readonly operation: string | null
  readonly client: string | null
  /** The first error's code, or `OK`. */
  readonly outcome: string
  readonly seconds: number
}

const SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]

/** What an operator watches at the door. Labels have few values each, so that their number stays bounded. */
export class GatewayMetrics {
  readonly registry: Registry
  readonly operations: Tally
  readonly operationSeconds: TalliedHistogram
  readonly fetchSeconds: TalliedHistogram
  readonly liveSubscriptions: Gauge
  readonly sockets: Gauge
  readonly conflatedEvents: Counter
  readonly laggingReaders: Counter<'kind'>
  readonly fanOutSeconds: Histogram<'kind'>
  readonly upstreamSubscriptions: Gauge
  readonly supergraphLoads: Counter<'outcome'>
  readonly keptAnswers: Tally
  readonly limited: Counter<'rate'>
  readonly refusedConnections: Counter<'limit'>

  readonly #operationNames = new BoundedLabels(MAX_NAMED_OPERATIONS)
  readonly #clientNames = new BoundedLabels(MAX_NAMED_CLIENTS)

  constructor(registry: Registry) {
    const registers = [registry]
    this.registry = registry
    this.operations = new Tally({
      name: 'gateway_operations_total',
      help: 'Operations answered, by type, name, client and first error code.',
      labelNames: ['type', 'operation', 'client', 'outcome'],
      registers,
    })
    this.operationSeconds = new TalliedHistogram({
      name: 'gateway_operation_seconds',
      help: 'From the request to its answer.',
      labelNames: ['type', 'operation'],
      buckets: SECONDS,
      registers,
    })
    this.fetchSeconds = new TalliedHistogram({
      name: 'gateway_fetch_seconds',
      help: 'From the request to a subgraph to its answer, or to giving it up.',
      labelNames: ['subgraph', 'outcome'],
      buckets: SECONDS,
      registers,
    })
    this.liveSubscriptions = new Gauge({
      name: 'gateway_live_subscriptions',
      help: 'Subscriptions being read now.',
      registers,
    })
    this.sockets = new Gauge({ name: 'gateway_sockets', help: 'Open WebSockets.', registers })
    this.conflatedEvents = new Counter({
      name: 'gateway_conflated_events_total',
      help: 'STATE events that a newer one replaced before they were read.',
      registers,
    })
    this.upstreamSubscriptions = new Gauge({
      name: 'gateway_upstream_subscriptions',
      help: 'Subscriptions at subgraphs that all live subscriptions share.',
      registers,
    })
    this.fanOutSeconds = new Histogram({
      name: 'gateway_fan_out_seconds',
      help: 'From the arrival of a live event, over what joins it, until every reader that is ready has been sent it.',
      labelNames: ['kind'],
      buckets: [0.0005, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
      registers,
    })
    this.laggingReaders = new Counter({
      name: 'gateway_lagging_readers_total',
      help: 'Readers that fell behind: a DELTA starts anew from a snapshot, a LOG ends.',
      labelNames: ['kind'],
      registers,
    })
    this.keptAnswers = new Tally({
      name: 'gateway_kept_answers_total',
      help: 'Queries whose answers may be kept: given from the cache (HIT), a little old (STALE), or executed (MISS).',
      labelNames: ['outcome'],
      registers,
    })
    this.limited = new Counter({
      name: 'gateway_limited_total',
      help: 'What was refused because its caller had done too much in too short a time, by the name of the rate.',
      labelNames: ['rate'],
      registers,
    })
    this.refusedConnections = new Counter({
      name: 'gateway_refused_connections_total',
      help: 'Sockets, and subscriptions over HTTP, that were one too many, by the name of the limit.',
      labelNames: ['limit'],
      registers,
    })
    this.supergraphLoads = new Counter({
      name: 'gateway_supergraph_loads_total',
      help: 'Changed supergraphs: taken into use, or refused, when the one before stays.',
      labelNames: ['outcome'],
      registers,
    })
  }

  readonly fetched = ({ subgraph, outcome, seconds }: { subgraph: string; outcome: string; seconds: number }): void => {
    this.fetchSeconds.tally(seconds, subgraph, outcome)
  }

  finished({ type, operation, client, outcome, seconds }: FinishedOperation): void {
    const name = this.#operationNames.of(operation)
    this.operations.add(type, name, this.#clientNames.of(client), outcome)
    this.operationSeconds.tally(seconds, type, name)
  }
}
