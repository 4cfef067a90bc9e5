import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { apiSchemaOf, compose } from '../supergraph/composition.ts'
import { CostModel } from './cost.ts'
import { limits } from './limits.ts'

const sdl = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@cost", "@listSize"])
type Query {
  one: Thing
  many: [Thing!]
  ten: [Thing!] @listSize(assumedSize: 3)
  first(n: Int, m: Int = 4): [Thing!] @listSize(slicingArguments: ["n", "m"], assumedSize: 7, requireOneSlicingArgument: false)
  strict(n: Int, m: Int): [Thing!] @listSize(slicingArguments: ["n", "m"])
  page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["edges"], assumedSize: 20, requireOneSlicingArgument: false) @cost(weight: 5)
  heavy: Thing @cost(weight: 50)
  scored: Int @cost(weight: 3)
  find(by: Filter, deep: Int @cost(weight: 9)): Thing
  any: Any
}
type Mutation { a: Int b(by: [Filter!]): Thing }
type Thing { id: Int level: Level dear: Dear thing: Thing }
type Page { edges: [Thing!]! other: [Thing!] total: Int }
type Dear @cost(weight: 6) { id: Int }
type Other { id: Int things: [Thing!] }
union Any = Thing | Other
enum Level @cost(weight: 2) { LOW }
input Filter { text: String and: [Filter!] costly: Int @cost(weight: 4) }
`

function modelOf(supergraph: string) {
  const schema = apiSchemaOf(supergraph)
  const model = new CostModel(supergraph, schema)
  const valid = (text: string) => {
    const document = parse(text)
    expect(validate(schema, document)).toEqual([])
    return document
  }
  return {
    cost: (text: string, variables = {}) => model.estimate(valid(text), null, variables),
    actual: (text: string, data: object | null, variables = {}) => model.actual(valid(text), null, variables, data),
  }
}

const composed = compose([{ name: 'a', url: 'http://a', sdl }])
if (!composed.ok) throw new Error(JSON.stringify(composed.error))
const { cost, actual } = modelOf(composed.value)

describe('what an operation did cost', () => {
  const some = (length: number, of: unknown = {}) => Array.from({ length }, () => of)

  it.each<[string, object | null, number, object?]>([
    ['{ one { id level } }', { one: { id: 1 } }, 3],
    ['{ many { id } }', { many: some(3) }, 3],
    ['{ many { id } }', { many: null }, 0],
    ['{ many { id } }', null, 0],
    ['{ a: many { thing { id } } b: many { id } }', { a: some(2), b: some(1) }, 5],
    ['{ ten { dear { id } } }', { ten: some(2) }, 14],
    ['{ first(n: 50) { id } }', { first: some(7) }, 7],
    [
      '{ page(first: 9) { edges { id dear { id } } other { id } total } }',
      { page: { edges: some(2), other: some(1) } },
      20,
    ],
    ['{ page { edges { id } } }', { page: null }, 5],
    ['{ any { ... on Other { things { id } } } }', { any: { things: some(4) } }, 5],
    ['{ any { ... on Other { things { id } } } }', { any: {} }, 1],
    ['query($y: Boolean!) { many @include(if: $y) { id } one { id } }', { one: {} }, 1, { y: false }],
    ['query($y: Boolean!) { many @include(if: $y) { id } one { id } }', { many: some(2), one: {} }, 3, { y: true }],
    ['query($n: Int) { find(by: { text: "x" }) { id } first(n: $n) { id } }', { first: some(1) }, 3, { n: 90 }],
    ['mutation { a b { thing { id } } }', { a: 1, b: {} }, 22],
    ['{ constructor: many { id } }', {}, 0],
  ])('%s, answered %j, is %d', (text, data, expected, variables = {}) => {
    expect(actual(text, data, variables)).toBe(expected)
  })

  it('is what was estimated where lists are as long as was assumed', () => {
    for (const text of ['{ many { thing { id } } }', '{ first(n: 10) { dear { id } } }']) {
      expect(actual(text, { many: some(10), first: some(10) })).toBe(cost(text))
    }
  })
})

describe('the cost of an operation', () => {
  it.each([
    ['{ one { id } }', 1],
    ['{ one { id level } }', 3],
    ['{ one { thing { thing { id } } } }', 3],
    ['{ many { id } }', 10],
    ['{ many { thing { id } } }', 20],
    ['{ ten { id dear { id } } }', 21],
    ['{ heavy { id } scored }', 53],
    ['{ any { ... on Thing { dear { id } } ... on Other { things { id } } } }', 17],
    ['{ ...Q } fragment Q on Query { a: one { id } b: one { id } }', 2],
    ['{ __typename __schema { types { name } } }', 0],
    ['{ one @skip(if: true) { id } two: one @include(if: true) { id } }', 1],
    ['{ find(deep: 3) { id } }', 10],
    ['{ find(by: { text: "a", and: [{ costly: 1 }, { text: "b" }] }) { id } }', 8],
    ['mutation { a b(by: [{ text: "a" }, { text: "b" }]) { id } }', 23],
  ])('%s', (text, expected) => {
    expect(cost(text)).toBe(expected)
  })

  it('counts a list by the largest of its slicing arguments, their defaults, or what is assumed', () => {
    expect(cost('{ first(n: 9) { id } }')).toBe(9)
    expect(cost('{ first(n: 2) { id } }')).toBe(4)
    expect(cost('{ first(m: null) { id } }')).toBe(7)
    expect(cost('{ first(n: -5, m: null) { id } }')).toBe(0)
    expect(() => cost('{ strict { id } }')).toThrow('exactly one of n, m')
    expect(() => cost('{ strict(n: 1, m: 2) { id } }')).toThrow('exactly one')
    expect(cost('{ strict(n: 2) { id } }')).toBe(2)
  })

  it('counts a page by the size that its connection has, and other lists of it by their own', () => {
    expect(cost('{ page(first: 3) { edges { thing { id } } total } }')).toBe(5 + 6)
    expect(cost('{ page { edges { id } } }')).toBe(5 + 20)
    expect(cost('{ page(first: 3) { e: edges { id } other { id } } }')).toBe(5 + 3 + 10)
  })

  it('knows what the variables are, or their defaults, and conditions', () => {
    const text = 'query ($n: Int = 2, $on: Boolean!) { page(first: $n) @include(if: $on) { edges { id } } }'
    expect(cost(text, { on: true })).toBe(7)
    expect(cost(text, { on: true, n: 50 })).toBe(55)
    expect(cost(text, { on: false, n: 50 })).toBe(0)
    const filters = 'query ($f: Filter) { find(by: $f) { id } }'
    expect(cost(filters, { f: { and: Array(5).fill({ costly: 1 }) } })).toBe(1 + 1 + 5 * 5)
    expect(cost(filters, { f: 'not a filter', more: 1 })).toBe(2)
    expect(cost(filters)).toBe(1)
  })
})

describe('the cost of operations on the graph', () => {
  const { cost: real } = modelOf(
    readFileSync(path.resolve(import.meta.dirname, '../../../../supergraph.graphql'), 'utf8'),
  )
  const trades = (page: string, inner: string) =>
    `market(symbol: "A") { trades${page} { edges { node { id ${inner} } } } }`
  const nested = (outer: number, inner: number) =>
    real(`{ ${trades(`(first: ${outer})`, `market { trades(first: ${inner}) { edges { node { id } } } }`)} }`)

  it('bounds pages within pages, whoever says how large they are', () => {
    expect(nested(100, 20)).toBeLessThan(limits.cost)
    expect(nested(100, 100)).toBeGreaterThan(limits.cost)
    const twice =
      'query ($n: Int) { market(symbol: "A") { trades(first: $n) { edges { node { market { trades(last: $n) { edges { node { id } } } } } } } } }'
    expect(real(twice, { n: 100 })).toBe(nested(100, 100))
    expect(real(twice)).toBeLessThan(limits.cost)
    const many = Array.from({ length: 15 }, (_, i) => `a${i}: trades(first: 1) { edges { node { id } } }`).join(' ')
    expect(real(`{ ${trades('(first: 100)', `market { ${many} }`)} }`)).toBeGreaterThan(limits.cost)
  })

  it('counts candles, curves and books as long as they are', () => {
    const several = (count: number, field: string) =>
      real(`{ market(symbol: "A") { ${Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ')} } }`)
    const candles = 'candles(first: 500) { edges { node { open close } } }'
    expect(several(5, candles)).toBeLessThan(limits.cost)
    expect(several(6, candles)).toBeGreaterThan(limits.cost)
    const book = 'orderBook(depth: 1000) { bids { price } asks { price } }'
    expect(several(4, book)).toBeLessThan(limits.cost)
    expect(several(5, book)).toBeGreaterThan(limits.cost)
    expect(several(30, 'orderBook(depth: 100) { bids { price } asks { price } }')).toBeLessThan(limits.cost)
  })

  it('leaves the largest batch of orders possible', () => {
    const batch =
      'mutation ($i: OrderBatchInput!) { submitOrderBatch(input: $i) { ... on OrderBatch { orders { ... on OrderPlaced { order { id fills { edges { node { price } } } } fills { price } } } } } }'
    const orders = Array(500).fill({ symbol: 'BTC-USDT', side: 'BUY' })
    expect(real(batch, { i: { orders } })).toBeLessThan(limits.cost)
  })
})
