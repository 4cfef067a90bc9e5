import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Reading, until } from '../testing/reading.ts'
import { Stage } from '../testing/stage.ts'

const ACCEPT = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0, application/json'

/** All that a client is told of an operation, on each way that it may come. */
const ways: [string, (stage: Stage, query: string, variables?: Record<string, unknown>) => Promise<string>][] = [
  ['over HTTP', async (stage, query, variables = {}) => JSON.stringify((await stage.query(query, { variables })).body)],
  [
    'over a WebSocket',
    async (stage, query, variables) => {
      const client = stage.client()
      const reading = new Reading(client, query, variables)
      await until(() => reading.ending !== null, 'the refusal')
      await client.dispose()
      return JSON.stringify([reading.ending, reading.answers])
    },
  ],
  [
    'as multipart',
    async (stage, query, variables = {}) =>
      JSON.stringify((await stage.query(query, { variables, headers: { accept: ACCEPT } })).body),
  ],
]

/** What is wrong, and a name of the schema that is close to it. */
const wrong: [string, string, string, Record<string, unknown>?][] = [
  ['a field', '{ ticker(symbol: "A") { markt { lot } } }', 'market'],
  ['an argument', '{ ticker(simbol: "A") { price } }', 'symbol'],
  ['a type', '($s: Strin!) { ticker(symbol: $s) { price } }', 'String'],
  ['a fragment’s type', '{ ticker(symbol: "A") { ... on Tickr { price } } }', 'Ticker'],
  ['a value of an enum', '($s: Side!) { sided(side: $s) { price } }', 'SELL', { s: 'SELLL' }],
]

describe.each([true, false])('errors, with introspection %s,', (introspection) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open('in process', { introspection })
    await stage.composeWith(
      'enum Side { BUY SELL } extend type Subscription { "`STATE`: of a side." sided(side: Side!): Ticker @public } extend type Query { ticker(symbol: String!): Ticker @public sided(side: Side!): Ticker @public }',
    )
    await stage.gateway.reload()
  })
  afterAll(() => stage?.close())

  describe.each(ways)('%s', (way, told) => {
    it.each(wrong)(
      `${introspection ? 'suggest' : 'do not suggest'} a name for %s`,
      async (_, text, name, variables) => {
        const asked = ['query', ...(way === 'over HTTP' ? [] : ['subscription'])].map((kind) =>
          told(stage, `${kind} ${text}`, variables),
        )
        for (const said of await Promise.all(asked)) {
          expect(said).toMatch(/GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT/)
          expect(said.includes('Did you mean') && said.includes(name)).toBe(introspection)
        }
      },
    )
  })
})
