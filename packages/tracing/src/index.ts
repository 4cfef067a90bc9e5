export { SpanStatusCode } from '@opentelemetry/api'
export { type Span, type SpanParent, startSpan, traceIdOf, traceparentOf } from './span.ts'
export { startTracing, type TracingOptions, tracingEnvironment } from './tracing.ts'
