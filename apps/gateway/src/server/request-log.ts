import { SpanStatusCode, traceIdOf } from '@opsource/tracing'
import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import type { Caller } from '../identity/caller.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { Answered } from './answers.ts'
import type { GatewayMetrics } from './metrics.ts'

/** A name is as long as its client likes; a line of the log is not. */
const MAX_NAME_CHARACTERS = 128

/** How an operation went. */
export interface Outcome {
  /** `query`, `mutation`, `subscription`, or `none` where it did not come so far. */
  readonly type: string
  readonly operation: string | null
  /** By `performance.now()`. */
  readonly startedAt: number
  /** Codes of the errors answered. */
  readonly codes: readonly string[]
}

/** One count and one line of the log, which holds no document, variable or token. */
export function record(
  { caller, requestId, client, span }: Omit<OperationContext, 'caller'> & { readonly caller: Caller | null },
  { type, operation, startedAt, codes }: Outcome,
  log: Logger,
  metrics: GatewayMetrics,
): void {
  const ms = Math.round((performance.now() - startedAt) * 100) / 100
  span?.updateName(operation === null ? type : `${type} ${operation.slice(0, MAX_NAME_CHARACTERS)}`)
  span?.setAttributes({ 'graphql.operation.type': type, 'error.codes': [...codes] })
  if (codes.length > 0) span?.setStatus({ code: SpanStatusCode.ERROR })
  metrics.finished({ type, operation, client: client ?? null, outcome: codes[0] ?? 'OK', seconds: ms / 1_000 })
  const line = {
    requestId,
    traceId: span ? traceIdOf(span) : null,
    userId: caller?.identity?.userId ?? null,
    client: client ?? null,
    type,
    operation: operation?.slice(0, MAX_NAME_CHARACTERS) ?? null,
    ms,
    codes,
  }
  log.info(line, 'operation')
}

export function codesOf(errors: readonly { extensions?: Record<string, unknown> }[] | undefined): string[] {
  return (errors ?? []).map(({ extensions }) => String(extensions?.code ?? 'INTERNAL_SERVER_ERROR'))
}

/** One line and one count for every query and mutation, whichever way it came. */
export function recordAnswer(
  { context, type, operation, codes, errors }: Answered,
  log: Logger,
  metrics: GatewayMetrics,
): void {
  record(context, { type, operation, startedAt: context.startedAt ?? performance.now(), codes }, log, metrics)
  // What clients only hear the code of is told here in full.
  if (!codes.includes('INTERNAL_SERVER_ERROR')) return
  const reasons = errors.map((error) => ({
    message: error.message,
    ...(error instanceof GraphQLError ? { path: error.path } : {}),
  }))
  log.error({ requestId: context.requestId, reasons }, 'operation failed inside')
}
