import type { Clock } from '@opsource/kernel'
import { type Span, SpanStatusCode, traceIdOf } from '@opsource/tracing'
import type { Logger } from 'pino'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Names come from clients: longer ones are cut, so that a label or a log line stays small. */
const MAX_NAME_CHARACTERS = 64
/** Seconds. From a cached read to a hung database. */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export interface RequestRecord {
  readonly requestId: string
  readonly operationName: string | null | undefined
  readonly userId: string | null
  /** Serialised; read only for the codes of its errors. */
  readonly answer: string
}

/** One log line and one measurement per request. Neither holds a variable, a header or a token. */
export class Observer {
  readonly #log: Logger
  readonly #clock: Clock
  readonly #subgraph: string
  readonly #duration: Histogram
  readonly #errors: Counter
  readonly #subscriptions: Gauge

  constructor(ports: { log: Logger; clock: Clock; metrics: Registry }, subgraph: string) {
    this.#log = ports.log
    this.#clock = ports.clock
    this.#subgraph = subgraph
    const registers = [ports.metrics]
    this.#duration = metric(
      ports.metrics,
      'opsource_subgraph_request_seconds',
      (name) =>
        new Histogram({
          name,
          help: 'Seconds from request to answer.',
          labelNames: ['subgraph', 'outcome'],
          buckets: BUCKETS_S,
          registers,
        }),
    )
    this.#errors = metric(
      ports.metrics,
      'opsource_subgraph_errors_total',
      (name) => new Counter({ name, help: 'Errors in answers, by code.', labelNames: ['subgraph', 'code'], registers }),
    )
    this.#subscriptions = metric(
      ports.metrics,
      'opsource_subgraph_subscriptions',
      (name) => new Gauge({ name, help: 'Subscriptions that are open.', labelNames: ['subgraph'], registers }),
    )
  }

  started(): number {
    return this.#clock.now()
  }

  finished(startedAt: number, record: RequestRecord, span: Span): void {
    const codes = errorCodesIn(record.answer)
    const ms = this.#clock.now() - startedAt
    this.#duration.observe({ subgraph: this.#subgraph, outcome: codes.length > 0 ? 'errors' : 'ok' }, ms / 1000)
    for (const code of codes) this.#errors.inc({ subgraph: this.#subgraph, code })
    const operation = nameOf(record.operationName)
    if (operation !== null) span.updateName(`${this.#subgraph} ${operation}`)
    if (codes.length > 0) span.setStatus({ code: SpanStatusCode.ERROR, message: codes.join() })
    span.end()
    const line = {
      requestId: record.requestId,
      traceId: traceIdOf(span),
      operation,
      userId: record.userId,
      ms,
      codes,
    }
    if (codes.length > 0) this.#log.info(line, 'request')
    else this.#log.debug(line, 'request')
  }

  subscriptionOpened(): void {
    this.#subscriptions.inc({ subgraph: this.#subgraph })
  }

  subscribed({ requestId, operationName, userId }: Omit<RequestRecord, 'answer'>): void {
    this.#log.debug({ requestId, operation: nameOf(operationName), userId }, 'subscribed')
  }

  subscriptionClosed(requestId: string): void {
    this.#subscriptions.dec({ subgraph: this.#subgraph })
    this.#log.debug({ requestId }, 'subscription closed')
  }
}

/** One registry serves all subgraphs of a process: a metric that is there is used again. */
function metric<T extends Histogram | Counter | Gauge>(registry: Registry, name: string, make: (name: string) => T): T {
  const known = registry.getSingleMetric(name)
  return known === undefined ? make(name) : (known as T)
}

function nameOf(name: string | null | undefined): string | null {
  return name?.slice(0, MAX_NAME_CHARACTERS) ?? null
}

/** Answers are large and errors rare: only an answer that begins with errors is parsed. */
function errorCodesIn(answer: string): string[] {
  if (!answer.startsWith('{"errors"')) return []
  const { errors } = JSON.parse(answer) as { errors: { extensions?: { code?: string } }[] }
  return [...new Set(errors.map((error) => error.extensions?.code ?? 'INTERNAL_SERVER_ERROR'))]
}
