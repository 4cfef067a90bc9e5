import { buildSchema, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { cacheHints } from './hints.ts'
import { cachePolicy } from './policy.ts'

const SDL = /* GraphQL */ `
  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  enum CacheControlScope { PUBLIC PRIVATE }
  type Query {
    market: Market @cacheControl(maxAge: 60)
    markets: [Market!]! @cacheControl(maxAge: 30)
    fresh: Market
    ticker: Ticker
    me: User @cacheControl(maxAge: 5)
    count: Int
    instrument: Instrument @cacheControl(maxAge: 100)
    anything: Anything @cacheControl(maxAge: 100)
  }
  type Mutation { touch: Market @cacheControl(maxAge: 60) }
  interface Instrument { symbol: String }
  type Market implements Instrument {
    symbol: String
    ticker: Ticker
    rules: Rules
    owner: User
    details: Details @cacheControl(inheritMaxAge: true)
    price: String @cacheControl(maxAge: 2)
  }
  type Future implements Instrument { symbol: String @cacheControl(maxAge: 7) }
  type Details { text: String }
  type Ticker @cacheControl(maxAge: 1) { last: String }
  type Rules { tick: String }
  type User @cacheControl(maxAge: 10, scope: PRIVATE) { name: String }
  union Anything = Ticker | Rules
`
const schema = buildSchema(SDL)
const hints = cacheHints(SDL)
const policyOf = (text: string, name: string | null = null) => cachePolicy(parse(text), name, schema, hints)
const ageOf = (text: string) => (policyOf(text)?.maxAgeMs ?? 0) / 1_000

describe('an answer is kept', () => {
  test.each([
    ['{ market { symbol } }', 60],
    ['{ a: market { s: symbol __typename } }', 60],
    ['{ market { symbol } markets { symbol } }', 30],
    ['{ market { symbol ticker { last } } }', 1],
    ['{ market { price } }', 2],
    ['{ market { ... on Market { price } } }', 2],
    ['query { ...F } fragment F on Query { market { ...P } } fragment P on Market { price }', 2],
    ['{ ticker { last } }', 1],
    ['{ market { details { text } } }', 60],
    ['{ instrument { symbol } }', 7],
    ['{ instrument { ... on Market { price } } }', 2],
    ['{ me { name } }', 5],
  ])('%s: %i s', (text, seconds) => {
    expect(ageOf(text)).toBe(seconds)
  })
})

describe('an answer is not kept', () => {
  test.each([
    ['an object that no hint speaks of', '{ fresh { symbol } }'],
    ['one below a field that is kept', '{ market { symbol rules { tick } } }'],
    ['a leaf at the root', '{ count }'],
    ['beside one that is kept', '{ market { symbol } count }'],
    ['the schema', '{ __schema { queryType { name } } }'],
    ['nothing but the type', '{ __typename }'],
    ['a mutation', 'mutation { touch { symbol } }'],
    ['a union whose member no hint speaks of', '{ fresh: market { rules { tick } } }'],
  ])('%s', (_, text) => {
    expect(policyOf(text)).toBeNull()
  })
})

test('an answer that holds something private is its caller’s alone', () => {
  expect(policyOf('{ market { symbol } }')?.scope).toBe('PUBLIC')
  expect(policyOf('{ market { symbol owner { name } } }')).toMatchObject({ scope: 'PRIVATE', maxAgeMs: 10_000 })
})

test('the named operation counts, and the types that its answer may hold are known', () => {
  const text = 'query A { market { symbol } } query B { instrument { symbol } anything { ... on Ticker { last } } }'
  expect(policyOf(text, 'A')?.types).toEqual(new Set(['Query', 'Market']))
  expect(policyOf(text, 'B')).toMatchObject({
    maxAgeMs: 1_000,
    types: new Set(['Query', 'Market', 'Future', 'Ticker']),
  })
})
