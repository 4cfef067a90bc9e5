import type { ApolloServerPlugin } from '@apollo/server'
import type { Logger } from 'pino'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { GatewayMetrics } from './metrics.ts'

/** A name is as long as its client likes; a line of the log is not. */
const MAX_NAME_CHARACTERS = 128

/** What one line of the log says about a request. It holds no document, variable or token. */
export interface RequestLine {
  readonly requestId: string
  readonly userId: string | null
  readonly type: string
  readonly operation: string | null
  readonly ms: number
  /** Codes of the errors answered. */
  readonly codes: readonly string[]
}

export function record(line: RequestLine, log: Logger, metrics: GatewayMetrics): void {
  metrics.operations.inc({ type: line.type, outcome: line.codes[0] ?? 'OK' })
  metrics.operationSeconds.observe({ type: line.type }, line.ms / 1000)
  log.info({ ...line, operation: line.operation?.slice(0, MAX_NAME_CHARACTERS) ?? null }, 'operation')
}

export function codesOf(errors: readonly { extensions?: Record<string, unknown> }[] | undefined): string[] {
  return (errors ?? []).map(({ extensions }) => String(extensions?.code ?? 'INTERNAL_SERVER_ERROR'))
}

/** One line and one count for every query and mutation, whichever way it came. */
export function requestLog(log: Logger, metrics: GatewayMetrics): ApolloServerPlugin<OperationContext> {
  return {
    requestDidStart: async ({ contextValue }) => {
      const startedAt = performance.now()
      return {
        willSendResponse: async ({ operation, operationName, response, errors }) => {
          const answered = response.body.kind === 'single' ? response.body.singleResult.errors : undefined
          const codes = codesOf(answered ? [...answered] : undefined)
          const line = {
            requestId: contextValue.requestId,
            userId: contextValue.caller.identity?.userId ?? null,
            type: operation?.operation ?? 'none',
            operation: operationName ?? null,
            ms: Math.round((performance.now() - startedAt) * 100) / 100,
            codes,
          }
          record(line, log, metrics)
          // What clients only hear the code of is told here in full.
          if (codes.includes('INTERNAL_SERVER_ERROR')) {
            log.error(
              { requestId: line.requestId, reasons: errors?.map(({ message, path }) => ({ message, path })) },
              'operation failed inside',
            )
          }
        },
      }
    },
  }
}
