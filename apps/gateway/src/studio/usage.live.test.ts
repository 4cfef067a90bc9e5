import type { Trace } from '@apollo/usage-reporting-protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApolloStudio } from '../../../../tests/support/apollo-studio.ts'
import { type Reach, Stage } from '../testing/stage.ts'

const ACCOUNT = { key: 'service:opsource:secret', graphRef: 'opsource@current' }
const QUERY = 'query Joined($s: String!) { market(symbol: $s) { symbol forecast doubleLot } }'
const PATIENCE = { timeout: 40_000, interval: 50 }

describe.each<Reach>(['in process', 'over HTTP'])('Apollo Studio, with subgraphs %s,', (reach) => {
  let stage: Stage
  let studio: ApolloStudio
  beforeAll(async () => {
    studio = await ApolloStudio.open(ACCOUNT, '')
    const reporting = { usageEndpoint: studio.url, traceShare: 1, reportEveryMs: 200 }
    stage = await Stage.open(reach, { studio: { ...ACCOUNT, ...reporting } })
  })
  afterAll(async () => {
    await stage?.close()
    await studio?.close()
  })

  const traces = () =>
    studio.reports.flatMap(({ tracesPerQuery }) =>
      Object.entries(tracesPerQuery).flatMap(([signature, { trace }]) =>
        (trace ?? []).flatMap((each) => (each instanceof Uint8Array ? [] : [{ signature, trace: each }])),
      ),
    )

  test('hears of an operation, of its client, and of each fetch and field; of no variable, header or token', async () => {
    const secret = 'do-not-tell'
    const headers = { 'apollographql-client-name': 'web', 'apollographql-client-version': '1.2', 'x-secret': secret }
    const { body } = await stage.query(QUERY, { variables: { s: 'A', secret }, headers })
    expect(body.errors).toBeUndefined()
    await expect.poll(() => traces().length, PATIENCE).toBeGreaterThan(0)
    const [{ signature, trace } = { signature: '', trace: null }] = traces()
    expect(signature).toContain('# Joined')
    expect(trace).toMatchObject({ clientName: 'web', clientVersion: '1.2' })
    const fetches = fetchesOf(trace?.queryPlan)
    expect(fetches.map(({ serviceName }) => serviceName).toSorted()).toEqual(['analyst', 'exchange'])
    for (const fetch of fetches) {
      expect(Number(fetch.receivedTime?.nanos)).toBeGreaterThanOrEqual(0)
      expect(fetch.traceParsingFailed).toBe(false)
    }
    const fields = fetches.flatMap(({ trace: own }) => (own?.root?.child ?? []).map((child) => child.responseName))
    expect(fields).toContain('market')
    expect(JSON.stringify(studio.reports)).not.toContain(secret)
    expect(studio.reports[0]?.header?.graphRef).toBe(ACCOUNT.graphRef)
    expect(JSON.stringify(body)).not.toContain('ftv1')
  })

  test('hears of errors by their place, and never what they say', async () => {
    await stage.query('query Wrong { nothing }')
    await expect.poll(() => JSON.stringify(studio.reports), PATIENCE).toContain('GraphQLValidationFailure')
    expect(JSON.stringify(studio.reports)).not.toContain('Cannot query field')
  })
})

function fetchesOf(node: Trace.IQueryPlanNode | null | undefined): Trace.QueryPlanNode.IFetchNode[] {
  if (!node) return []
  if (node.fetch) return [node.fetch]
  const children = [...(node.sequence?.nodes ?? []), ...(node.parallel?.nodes ?? [])]
  return [...children.flatMap(fetchesOf), ...fetchesOf(node.flatten?.node)]
}
