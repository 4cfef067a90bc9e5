import { startTracing } from '@opsource/tracing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OtlpCollector } from '../../../../tests/support/otlp-collector.ts'
import { type Reach, Stage } from '../testing/stage.ts'

const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe.each<Reach>(['in process', 'over HTTP'])('a trace across subgraphs %s', (reach) => {
  let stage: Stage
  let collector: OtlpCollector
  let endTracing: () => Promise<void>
  beforeAll(async () => {
    collector = await OtlpCollector.open()
    endTracing = startTracing({ service: 'test', endpoint: collector.url, share: 1 })
    stage = await Stage.open(reach)
  })
  afterAll(async () => {
    await stage?.close()
    await endTracing?.()
    await collector?.close()
  })

  test('goes on from the client through the gateway and each fetch into the subgraphs, and its id is in the log', async () => {
    const { body } = await stage.query('query Joined { market(symbol: "A") { symbol forecast } }', {
      headers: { traceparent: CALLER, 'apollographql-client-name': 'web', 'apollographql-client-version': '1.2' },
    })
    expect(body.errors).toBeUndefined()
    await stage.close()
    await endTracing()
    const spans = collector.spans.filter(({ traceId }) => traceId === '0af7651916cd43dd8448eb211c80319c')
    const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]))
    const edges = spans.map(({ name, parentSpanId }) => `${nameOf.get(parentSpanId ?? '') ?? 'client'} > ${name}`)
    expect(edges.toSorted()).toEqual([
      'client > query Joined',
      'fetch analyst > analyst Joined__analyst__1',
      'fetch exchange > exchange Joined__exchange__0',
      'query Joined > fetch analyst',
      'query Joined > fetch exchange',
    ])
    const line = stage.log.map((text) => JSON.parse(text)).find(({ msg }) => msg === 'operation')
    expect(line).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', client: 'web 1.2', operation: 'Joined' })
  })
})
