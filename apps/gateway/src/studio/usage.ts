import type { ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginUsageReportingDisabled } from '@apollo/server/plugin/disabled'
import { ApolloServerPluginUsageReporting } from '@apollo/server/plugin/usageReporting'
import type { Logger } from 'pino'
import type { OperationContext } from '../upstreams/data-source.ts'

/** What an Apollo Studio account needs to hear from this gateway. */
export interface Studio {
  readonly key: string
  /** Such as `opsource@current`. */
  readonly graphRef: string
  /** Where reports go; Apollo's own by default. */
  readonly usageEndpoint?: string
  /** Of all requests, the share whose fetches and fields are timed, 0 to 1: it costs each of them about as much again. */
  readonly traceShare: number
  /** Between two reports, in milliseconds. */
  readonly reportEveryMs?: number
}

/** Reports operations, errors' places and field timings; never variables, headers or messages. Without an account nothing is reported. */
export function usageReporting(studio: Studio | undefined, log: Logger): ApolloServerPlugin<OperationContext> {
  if (!studio) return ApolloServerPluginUsageReportingDisabled()
  return ApolloServerPluginUsageReporting<OperationContext>({
    sendVariableValues: { none: true },
    sendHeaders: { none: true },
    sendErrors: { masked: true },
    fieldLevelInstrumentation: studio.traceShare,
    reportErrorFunction: (error) => log.warn({ reason: error.message }, 'Apollo Studio did not take a report'),
    ...(studio.usageEndpoint === undefined ? {} : { endpointUrl: studio.usageEndpoint }),
    ...(studio.reportEveryMs === undefined ? {} : { reportIntervalMs: studio.reportEveryMs }),
  })
}
