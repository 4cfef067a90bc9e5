import {
  type Attributes,
  type Context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'

export type { Span } from '@opentelemetry/api'

/** What a span is part of: a span of this process, the `traceparent` header of whoever called, or nothing. */
export type SpanParent = Span | string | undefined

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const

/** https://www.w3.org/TR/trace-context/ */
const w3c = new W3CTraceContextPropagator()
const getter = {
  keys: (carrier: Record<string, string>) => Object.keys(carrier),
  get: (carrier: Record<string, string>, key: string) => carrier[key],
}

/** What begins where nothing records and no caller has a trace: the same for all, since most requests begin several. */
const NOTHING: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

/**
 * Begins a span; whoever begins it ends it. Where no collector is named it records nothing and costs next to nothing, but the trace that
 * a caller began goes on.
 */
export function startSpan(
  name: string,
  kind: keyof typeof KINDS,
  parent: SpanParent,
  attributes: Attributes = {},
): Span {
  if ((parent === undefined || parent === NOTHING) && !isRecorded()) return NOTHING
  return trace.getTracer('opsource').startSpan(name, { kind: KINDS[kind], attributes }, contextOf(parent))
}

/** The header that makes another process's spans part of this one; undefined where there is no trace. */
export function traceparentOf(span: Span): string | undefined {
  if (span === NOTHING || !isSpanContextValid(span.spanContext())) return undefined
  const carrier: Record<string, string> = {}
  w3c.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, {
    set: (headers, key, value) => {
      headers[key] = value
    },
  })
  return carrier.traceparent
}

/** The id under which a collector has the trace; null where there is none. */
export function traceIdOf(span: Span): string | null {
  if (span === NOTHING) return null
  const context = span.spanContext()
  return isSpanContextValid(context) ? context.traceId : null
}

function contextOf(parent: SpanParent): Context {
  if (parent === undefined) return ROOT_CONTEXT
  if (typeof parent !== 'string') return trace.setSpan(ROOT_CONTEXT, parent)
  return w3c.extract(ROOT_CONTEXT, { traceparent: parent }, getter)
}

/** Whether anything was told where spans go: until then the API's own provider has nobody to pass them on to. */
function isRecorded(): boolean {
  const provider = trace.getTracerProvider()
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer('opsource') !== undefined
}
