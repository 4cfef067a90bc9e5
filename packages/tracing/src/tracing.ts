import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { Resource } from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import { z } from 'zod'

/** OpenTelemetry's own names (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */
export const tracingEnvironment = {
  /** Of an OTLP collector over HTTP, such as `http://collector:4318`; nothing is traced without it. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** The share of the traces begun here that is recorded, 0 to 1; a trace that a caller records is recorded here too. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
}

export interface TracingOptions {
  /** Names this process, such as `gateway`. */
  readonly service: string
  /** The collector's base URL; undefined for no tracing. */
  readonly endpoint: string | undefined
  /** Of the traces begun here, 0 to 1. */
  readonly share: number
}

/** Sends this process's spans to a collector, in the background. @returns what sends the last of them and lets go. */
export function startTracing({ service, endpoint, share }: TracingOptions): () => Promise<void> {
  if (endpoint === undefined) return async () => {}
  const exporter = new OTLPTraceExporter({ url: new URL('v1/traces', `${endpoint.replace(/\/$/, '')}/`).href })
  const provider = new BasicTracerProvider({
    resource: new Resource({ 'service.name': service, 'service.namespace': 'opsource' }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  trace.setGlobalTracerProvider(provider)
  return async () => {
    trace.disable()
    // A collector that is away must not keep a process from ending, nor fail it.
    await provider.shutdown().catch(() => {})
  }
}
