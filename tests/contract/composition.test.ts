import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { operationFromDocument } from '@apollo/federation-internals'
import { lintGraph, lintSchema } from '@opsource/subgraph/schema'
import { getOperationAST, isNonNullType, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { measure } from '../../apps/gateway/src/limits/operation.ts'
import { streamKinds } from '../../apps/gateway/src/subscribe/kinds.ts'
import { SubscriptionPlans } from '../../apps/gateway/src/subscribe/plans.ts'
import { apiSchemaOf, compose } from '../../apps/gateway/src/supergraph/composition.ts'
import { readSubgraphs } from '../../apps/gateway/src/supergraph/configuration.ts'
import { acceptEnforced } from '../../apps/gateway/src/supergraph/enforced-specs.ts'
import { Graph } from '../../apps/gateway/src/supergraph/graph.ts'

const root = path.resolve(import.meta.dirname, '../..')
const supergraph = readFileSync(path.join(root, 'supergraph.graphql'), 'utf8')
const schema = apiSchemaOf(supergraph)
const walkthrough = path.join(root, 'tests/walkthrough')
const operations = readdirSync(walkthrough).filter((file) => file.endsWith('.graphql'))

describe('the graph', () => {
  it('composes from the four subgraphs without a hint, to what is committed', async () => {
    const subgraphs = await readSubgraphs(path.join(root, 'supergraph.yaml'), {})
    expect(subgraphs.map(({ name }) => name)).toEqual(['anya', 'dash33', 'enterprise', 'mobile'])
    expect(compose(subgraphs)).toEqual({ ok: true, value: supergraph })
  })

  it('is described throughout and says of every root field and entity who may have it', async () => {
    const subgraphs = await readSubgraphs(path.join(root, 'supergraph.yaml'), {})
    expect(subgraphs.flatMap(({ name, sdl }) => lintSchema(sdl).map((fault) => ({ name, ...fault })))).toEqual([])
    expect(lintGraph(subgraphs.map(({ sdl }) => sdl))).toEqual([])
  })

  it('loses no more than its own fields to a subgraph that is away: query and subscription roots may be null', () => {
    const roots = [schema.getQueryType(), schema.getSubscriptionType()]
    const strict = roots
      .flatMap((type) => Object.values(type?.getFields() ?? {}))
      .filter(({ type }) => isNonNullType(type))
    expect(strict.map(({ name }) => name)).toEqual([])
  })

  it('says of every subscription what a slow reader gets', () => {
    expect(Object.fromEntries(streamKinds(schema))).toMatchObject({
      orderBook: 'DELTA',
      ticker: 'STATE',
      prediction: 'STATE',
      trades: 'LOG',
      notificationReceived: 'LOG',
    })
  })

  it('plans the live order book as one subscription to dash33, completed by anya', () => {
    const text = readFileSync(path.join(walkthrough, '07-live-order-book.graphql'), 'utf8')
    const graph = new Graph(acceptEnforced(supergraph))
    expect(new SubscriptionPlans(graph).plan(text, null)).toMatchObject({
      ok: true,
      value: { kind: 'DELTA', isPublic: true, primary: { serviceName: 'dash33' } },
    })
    const plan = graph.planner.buildQueryPlan(operationFromDocument(graph.apiSchema, parse(text)))
    expect(JSON.stringify(plan)).toContain('"serviceName":"anya"')
  })
})

describe('the walkthrough', () => {
  it.each(operations)('has a valid operation within the limits in %s', (file) => {
    const text = readFileSync(path.join(walkthrough, file), 'utf8')
    const document = parse(text)
    expect(text).toMatch(/^# \S/)
    expect(validate(schema, document)).toEqual([])
    expect(measure(document)).toBeNull()
    expect(getOperationAST(document)).not.toBeNull()
  })
})
