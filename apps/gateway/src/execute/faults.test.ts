import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { anonymous } from '../identity/caller.ts'
import { type Answering, Executors } from '../testing/executors.ts'
import { shopSupergraph } from '../testing/federated-shop.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import { execute } from './execute.ts'

const shop = new Executors(shopSupergraph())

/** The answer of a graph whose subgraphs say what is given, by their names. */
async function answer(query: string, says: Record<string, UpstreamResult | Answering>, variables = {}) {
  const sources = Object.fromEntries(
    [...shop.world.subgraphs.keys()].map((name) => [
      name,
      {
        fetch: async ({ body }: { body: string }) => {
          const said = says[name]
          if (!said) throw new Error(`${name} is not to be asked: ${body}`)
          return typeof said === 'function' ? said(name, body, JSON.parse(body).variables) : structuredClone(said)
        },
      },
    ]),
  )
  const operation = shop.graph.compile(parse(query), null)
  const result = await execute(operation, { variables, context: { caller: anonymous, requestId: 'req_1' }, sources })
  return JSON.parse(JSON.stringify(result))
}

const product = (upc: string) => ({ __typename: 'Product', id: upc, upc })

describe('an error of a subgraph', () => {
  it('keeps its code and names its subgraph and place', async () => {
    const { errors, data } = await answer('{ best { name } version }', {
      catalog: {
        data: { best: { name: 'n' }, version: null },
        errors: [{ message: 'no', path: ['version'], extensions: { code: 'FORBIDDEN' } }],
      },
    })
    expect(data).toEqual({ best: { name: 'n' }, version: null })
    expect(errors).toEqual([
      { message: 'no', path: ['version'], extensions: { code: 'FORBIDDEN', serviceName: 'catalog' } },
    ])
  })

  it('of an entity stands wherever the entity does, also where others before it were not asked for', async () => {
    const search = [{ __typename: 'Category', id: 'c' }, product('u1'), null, product('u2'), product('u1')]
    const { errors, data } = await answer('{ search { ... on Product { inStock } } }', {
      catalog: { data: { search } },
      inventory: {
        data: { _entities: [null, { inStock: true }] },
        errors: [{ message: 'lost', path: ['_entities', 0, 'inStock'] }],
      },
    })
    expect(data).toEqual({ search: [{}, { inStock: null }, null, { inStock: true }, { inStock: null }] })
    expect(errors.map(({ path }: { path: unknown }) => path)).toEqual([
      ['search', 1, 'inStock'],
      ['search', 4, 'inStock'],
    ])
  })

  it('of a whole fetch stands where its one object does, and nowhere where there are many', async () => {
    const away = { errors: [{ message: 'away', path: [] }] }
    const one = await answer('{ best { inStock } }', { catalog: { data: { best: product('u') } }, inventory: away })
    expect(one).toMatchObject({ data: { best: { inStock: null } }, errors: [{ message: 'away', path: ['best'] }] })
    const many = await answer('{ products { inStock } }', {
      catalog: { data: { products: [product('u')] } },
      inventory: away,
    })
    expect(many.data).toEqual({ products: [{ inStock: null }] })
    expect(many.errors[0].path).toBeUndefined()
  })
})

describe('a null where none may be', () => {
  it('goes up to what may be null, with one error where no subgraph gave one', async () => {
    const given = {
      catalog: { data: { products: [product('u')], best: product('v') } },
      inventory: { data: { _entities: [{ must: null }] } },
    }
    const { data, errors } = await answer('{ thing: node(id: "a") { ... on Product { must } } }', {
      catalog: { data: { thing: product('u') } },
      inventory: { data: { _entities: [{ must: null }] } },
    })
    expect(data).toEqual({ thing: null })
    expect(errors).toEqual([
      {
        message: 'Cannot return null for non-nullable field Product.must.',
        path: ['thing', 'must'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ])
    expect((await answer('{ best { must } }', given)).data).toBeNull()
    expect((await answer('{ products { must } }', given)).data).toBeNull()
  })

  it('in a list takes the list, or its element only', async () => {
    const { data } = await answer('{ best { tags matrix related { name } } }', {
      catalog: {
        data: { best: { tags: ['a', null], matrix: [[1, null], null], related: [{ name: 'n' }, { name: null }] } },
      },
    })
    expect(data).toEqual({ best: { tags: null, matrix: [[1, null], null], related: [{ name: 'n' }, null] } })
  })
})

describe('a subgraph that answers what it must not', () => {
  it.each([
    [
      'a value that the enum has not, or hides',
      '{ best { kind } }',
      { best: { kind: 'HIDDEN' } },
      { best: { kind: null } },
    ],
    ['text for a number', '{ best { price } }', { best: { price: '3' } }, { best: { price: null } }],
    ['an object for a list', '{ best { tags } }', { best: { tags: {} } }, { best: { tags: null } }],
    ['a list for an object', '{ best { size { unit } } }', { best: { size: [] } }, { best: { size: null } }],
    ['a type that is none', '{ node(id: "a") { id } }', { node: { __typename: 'Nothing', id: 'a' } }, { node: null }],
    [
      'a type of something else',
      '{ node(id: "a") { id } }',
      { node: { __typename: 'Author', id: 'a' } },
      { node: null },
    ],
    ['no type where one is needed', '{ node(id: "a") { __typename } }', { node: { id: 'a' } }, { node: null }],
  ])('%s, is not passed on', async (_, query, given, expected) => {
    const { data, errors } = await answer(query, { catalog: { data: given } })
    expect(data).toEqual(expected)
    expect(errors).toHaveLength(1)
  })

  it('fewer entities than asked for, gets an error', async () => {
    const { data, errors } = await answer('{ best { inStock } }', {
      catalog: { data: { best: product('u') } },
      inventory: { data: { _entities: [] } },
    })
    expect(data).toEqual({ best: { inStock: null } })
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR', serviceName: 'inventory' } }])
  })

  it('names of the language itself, changes nothing here', async () => {
    const hostile = JSON.parse(
      '{"best":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"name":"n"}}',
    )
    const { data } = await answer('{ best { name constructor: upc __proto__: id toString: name } }', {
      catalog: { data: hostile },
    })
    expect(data).toBeNull()
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    const kept = await answer('{ best { __proto__: name constructor: name } }', {
      catalog: { data: JSON.parse('{"best":{"__proto__":"p","constructor":"c"}}') },
    })
    expect(JSON.stringify(kept)).toBe('{"data":{"best":{"__proto__":"p","constructor":"c"}}}')
  })
})

describe('variables', () => {
  it('that do not fit are answered before anybody is asked', async () => {
    const { data, errors } = await answer('query($n: Int!) { products(first: $n) { name } }', {}, { n: 'three' })
    expect(data).toBeUndefined()
    expect(errors[0].message).toContain('$n')
    const unclear = await answer('query($y: Boolean = true) { version @include(if: $y) }', {}, { y: null })
    expect(unclear.errors[0].message).toContain('$y')
  })

  it('go to the subgraphs as they came, and only where they are used', async () => {
    const seen: unknown[] = []
    await answer(
      'query($n: Int, $other: Int) { products(first: $n) { reviews(first: $other) { stars } } }',
      {
        catalog: (_, __, variables) => {
          seen.push(variables)
          return { data: { products: [product('u')] } }
        },
        reviews: (_, __, variables) => {
          seen.push(variables)
          return { data: { _entities: [{ reviews: [] }] } }
        },
      },
      { n: null },
    )
    expect(seen).toEqual([{ n: null }, { representations: [{ __typename: 'Product', id: 'u' }] }])
  })
})
