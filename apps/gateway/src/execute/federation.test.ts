import { parse } from 'graphql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { anonymous } from '../identity/caller.ts'
import { Executors } from '../testing/executors.ts'
import { shopSupergraph } from '../testing/federated-shop.ts'
import { Departure } from '../upstreams/departure.ts'
import { execute } from './execute.ts'

const shop = new Executors(shopSupergraph())
const calm = { nulls: 0, errors: 0, violations: 0 }

beforeEach(() => {
  shop.world.change(7, calm)
  shop.requests.length = 0
})
afterEach(() => shop.dead.clear())

/** Every one also with Apollo's executor, unless it is known to be wrong there. */
const features: [string, string, Record<string, unknown>?][] = [
  ['a key', '{ products { name rating } }'],
  ['several keys of one type', '{ product(id: "a") { id inStock reviews { stars } } }'],
  ['a key reached through another', '{ latest { product { inStock name } } }'],
  ['a key with an object in it', '{ products { maker { motto employees founder { name } } } }'],
  ['a type that one subgraph only refers to', '{ products { maker { founder { id name pen } } } }'],
  ['@provides', '{ latest { author { name } } }'],
  ['@requires', '{ products { shipping } }'],
  ['@requires of fields of an object', '{ products { box size { unit } } }'],
  ['@requires of what is not asked for, from a third subgraph', '{ latest { product { shipping } } }'],
  ['@shareable', '{ version products { size { width unit } } }'],
  ['@override', '{ search { ... on Author { pen name } } }'],
  ['an interface', '{ node(id: "a") { id __typename ... on Product { inStock } ... on Category { title } } }'],
  ['an interface object', '{ media { id title score __typename ... on Book { pages acclaim } } }'],
  ['an interface object that is where it begins', '{ medium(id: "a") { score reviewed { stars product { name } } } }'],
  ['a union', '{ search { __typename ... on Product { name inStock } ... on Category { title makers { name } } } }'],
  ['a union of another subgraph', '{ latest { about { ... on Product { name price } ... on Author { pen grade } } } }'],
  ['lists of lists of entities', '{ shelves { name inStock rating } }'],
  ['aliases, also of keys and of the type’s name', '{ a: products { key: id code: upc n: __typename b: inStock } }'],
  [
    'fragments in fragments',
    '{ best { ...A } } fragment A on Product { ...B inStock } fragment B on Product { name rating }',
  ],
  ['fields that merge', '{ best { size { unit } } best { size { width } inStock } }'],
  ['an open scalar', '{ best { open matrix tags kind } }'],
  [
    'arguments, with variables and defaults',
    'query($n: Int = 1, $k: [Kind!]) { products(first: $n, kinds: $k) { related { name } } }',
    { k: ['TOY'] },
  ],
  [
    'mutations one after another',
    'mutation { a: addProduct(name: "x") { id inStock } b: stock(upc: "u", count: 1) { name } c: addCategory(name: "y") { makers { name } } }',
  ],
  [
    'conditions',
    'query($y: Boolean!, $n: Boolean = false) { best { name @include(if: $y) rating @skip(if: $y) inStock @include(if: $n) kind @skip(if: $n) } }',
    { y: true },
  ],
  ['conditions that leave nothing of an object', 'query($y: Boolean!) { best { name @skip(if: $y) } }', { y: true }],
  ['the root’s own name', '{ __typename t: __typename best { name } }'],
]

describe('the executor answers', () => {
  it.each(features)('%s', async (_, query, variables = {}) => {
    expect(shop.validate(query)).toEqual([])
    for (const seed of [1, 2, 3]) {
      shop.world.change(seed, calm)
      const ours = await shop.ours(query, variables)
      expect(ours).toEqual(shop.monolith(query, variables))
      expect(ours.errors).toEqual([])
    }
  })

  it('a field beside one whose need is skipped, which Apollo’s plan forgets', async () => {
    const query = 'query($y: Boolean!) { best { inStock box @include(if: $y) } }'
    expect(await shop.ours(query, { y: false })).toEqual(shop.monolith(query, { y: false }))
    expect((await shop.apollos(query, { y: false })).data).toEqual({ best: { inStock: null } })
  })

  it('an object that keeps its type where a subgraph knows only the interface, unlike in Apollo’s executor', async () => {
    const query = '{ media { __typename score ... on Book { reviewed { id } } ... on Film { reviewed { id } } } }'
    expect(await shop.ours(query, {})).toEqual(shop.monolith(query, {}))
  })

  it('an alias that is the name of a key, which Apollo’s plan takes for the key', async () => {
    const query =
      '{ products { upc: name id: __typename as__upc: id inStock rating } latest { __typename: id stars: body } }'
    const ours = await shop.ours(query, {})
    expect(ours).toEqual(shop.monolith(query, {}))
    expect((await shop.apollos(query, {})).data).not.toEqual(ours.data)
    const { errors } = await shop.ours('{ best { upc: size { unit } } }', {}, () => ({
      data: { best: { as__upc: null } },
      errors: [{ message: 'no', path: ['best', 'as__upc', 'unit'] }],
    }))
    expect(errors).toEqual(['best.upc.unit: no catalog'])
  })

  it('introspection, without what is inaccessible', async () => {
    const query = `query($n: String!) { kind: __type(name: "Kind") { enumValues { name } } p: __type(name: $n) { fields { name } } __schema { queryType { name } } best { name } }`
    const { data } = await shop.ours(query, { n: 'Product' })
    expect(data).toMatchObject({
      kind: { enumValues: [{ name: 'BOOK' }, { name: 'TOY' }, { name: 'FOOD' }] },
      __schema: { queryType: { name: 'Query' } },
    })
    expect(JSON.stringify(data)).toContain('"name":"inStock"')
    expect(JSON.stringify(data)).not.toContain('hidden')
    expect(shop.requests).toHaveLength(1)
  })
})

describe('the executor asks', () => {
  it('for equal entities once, and shows what it hears in each of their places', async () => {
    const related = {
      related: [
        { __typename: 'Product', upc: 'u1' },
        { __typename: 'Product', upc: 'u2' },
        null,
        { __typename: 'Product', upc: 'u1' },
      ],
    }
    const asked: unknown[] = []
    const { data } = await shop.ours(
      '{ best { related { inStock warehouse { city } } } }',
      {},
      (name, _, variables) => {
        if (name === 'catalog') return { data: { best: related } }
        asked.push(variables.representations)
        return {
          data: {
            _entities: [
              { inStock: true, warehouse: { city: 'A' } },
              { inStock: false, warehouse: { city: 'B' } },
            ],
          },
        }
      },
    )
    expect(asked).toEqual([
      [
        { __typename: 'Product', upc: 'u1' },
        { __typename: 'Product', upc: 'u2' },
      ],
    ])
    const first = { inStock: true, warehouse: { city: 'A' } }
    expect(data).toEqual({ best: { related: [first, { inStock: false, warehouse: { city: 'B' } }, null, first] } })
  })

  it('no subgraph for what is there already', async () => {
    await shop.ours('{ latest { author { name id } } products(first: 0) { name } __typename }', {})
    expect(shop.requests.map((line) => line.split(':')[0]).sort()).toEqual(['catalog', 'reviews'])
  })

  it('for the fields of mutations one after another', async () => {
    await shop.ours(
      'mutation { a: addProduct(name: "x") { name } b: stock(upc: "u", count: 1) { upc } c: addCategory(name: "y") { title } }',
      {},
    )
    expect(shop.requests.map((line) => line.split(':')[0])).toEqual(['catalog', 'inventory', 'catalog'])
  })

  it('nobody any more once nobody waits', async () => {
    const gone = new Departure()
    const operation = shop.graph.compile(parse('{ best { inStock } }'), null)
    const asked: string[] = []
    const source = (name: string) => ({
      fetch: async () => {
        asked.push(name)
        gone.leave()
        return { data: { best: { __typename: 'Product', upc: 'u' } } }
      },
    })
    const sources = { catalog: source('catalog'), inventory: source('inventory') }
    const context = { caller: anonymous, requestId: 'req_1', departure: gone }
    await execute(operation, { variables: {}, context, sources })
    expect(asked).toEqual(['catalog'])
  })
})
