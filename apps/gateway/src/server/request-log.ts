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

/** What the log says of an operation: no document, variable or token. */
export interface OperationLine {
  readonly requestId: string
  readonly traceId: string | null
  readonly userId: string | null
  readonly client: string | null
  readonly type: string
  readonly operation: string | null
  readonly ms: number
  readonly codes: readonly string[]
}

interface Told {
  readonly line: OperationLine
  /** Its whole name. */
  readonly operation: string | null
}

/** Writes the line of an operation. */
export type OperationLines = (line: OperationLine) => void

export interface RecordsOptions {
  readonly log: Logger
  readonly metrics: GatewayMetrics
  /** Where the lines go; as any other to the log by default. */
  readonly lines?: OperationLines
}

/** One count and one line of the log for every operation, whichever way it came. */
export class Records {
  readonly #log: Logger
  readonly #metrics: GatewayMetrics
  readonly #write: OperationLines
  #untold: Told[] = []

  constructor({ log, metrics, lines = (line) => log.info(line, 'operation') }: RecordsOptions) {
    this.#log = log
    this.#metrics = metrics
    this.#write = lines
  }

  add(
    { caller, requestId, client: named, span }: Omit<OperationContext, 'caller'> & { readonly caller: Caller | null },
    { type, operation: given, startedAt, codes }: Outcome,
  ): void {
    const client = named ?? null
    const ms = Math.round((performance.now() - startedAt) * 100) / 100
    const operation = given === null ? null : given.slice(0, MAX_NAME_CHARACTERS)
    if (span?.isRecording()) {
      span.updateName(operation === null ? type : `${type} ${operation}`)
      span.setAttributes({ 'graphql.operation.type': type, 'error.codes': [...codes] })
      if (codes.length > 0) span.setStatus({ code: SpanStatusCode.ERROR })
    }
    const traceId = span ? traceIdOf(span) : null
    const line = { requestId, traceId, userId: caller?.identity?.userId ?? null, client, type, operation, ms, codes }
    // Counting and writing can wait for the answer to leave, which waits for nothing.
    if (this.#untold.push({ line, operation: given }) === 1) setImmediate(() => this.#tell())
  }

  #tell(): void {
    const all = this.#untold
    this.#untold = []
    for (const { line, operation } of all) {
      const { type, client, ms, codes } = line
      this.#metrics.finished({ type, operation, client, outcome: codes[0] ?? 'OK', seconds: ms / 1_000 })
      this.#write(line)
    }
  }

  /** Of queries and mutations. */
  answered({ context, type, operation, codes, errors }: Answered): void {
    this.add(context, { type, operation, startedAt: context.startedAt ?? performance.now(), codes })
    // What clients only hear the code of is told here in full.
    if (!codes.includes('INTERNAL_SERVER_ERROR')) return
    const reasons = errors.map((error) => ({
      message: error.message,
      ...(error instanceof GraphQLError ? { path: error.path } : {}),
    }))
    this.#log.error({ requestId: context.requestId, reasons }, 'operation failed inside')
  }
}

export function codesOf(errors: readonly { extensions?: Record<string, unknown> }[] | undefined): string[] {
  return (errors ?? []).map(({ extensions }) => String(extensions?.code ?? 'INTERNAL_SERVER_ERROR'))
}
