import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, test } from 'vitest'
import { startSpan, traceIdOf, traceparentOf } from './span.ts'

const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

afterEach(() => trace.disable())

describe('without a collector', () => {
  test('there is no trace, and nothing to pass on', () => {
    const span = startSpan('query', 'server', undefined)
    expect(traceIdOf(span)).toBeNull()
    expect(traceparentOf(span)).toBeUndefined()
    span.end()
  })

  test('a caller’s trace goes on', () => {
    const span = startSpan('fetch', 'client', startSpan('query', 'server', CALLER))
    expect(traceIdOf(span)).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(traceparentOf(span)).toBe(CALLER)
  })

  test.each(['', 'nonsense', '00-00000000000000000000000000000000-b7ad6b7169203331-01'])(
    'a header that is none begins nothing: %s',
    (header) => {
      expect(traceIdOf(startSpan('query', 'server', header))).toBeNull()
    },
  )
})

test('with a collector each span knows what it is part of, across processes too', () => {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  const request = startSpan('query', 'server', undefined, { 'graphql.operation.name': 'Book' })
  const fetch = startSpan('fetch', 'client', request)
  const subgraph = startSpan('subgraph', 'server', traceparentOf(fetch))
  for (const span of [subgraph, fetch, request]) span.end()
  const spans = exporter.getFinishedSpans()
  const ids = Object.fromEntries(spans.map((span) => [span.name, span.spanContext().spanId]))
  expect(spans.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
    ['subgraph', ids.fetch],
    ['fetch', ids.query],
    ['query', undefined],
  ])
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1)
})
