import { getIntrospectionQuery, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { limits } from './limits.ts'
import { measure, parseOperation } from './operation.ts'

const codeOf = (text: string) => measure(parse(text))?.extensions.code ?? null
const nested = (depth: number) => `${'{ a '.repeat(depth)}${'}'.repeat(depth)}`

describe('the size of an operation', () => {
  it('may be as deep as the limit, and no deeper', () => {
    expect(codeOf(nested(limits.depth))).toBeNull()
    expect(codeOf(nested(limits.depth + 1))).toBe('QUERY_TOO_DEEP')
  })

  it('counts depth through fragments', () => {
    expect(codeOf(`{ a { ...F } } fragment F on T ${nested(limits.depth)}`)).toBe('QUERY_TOO_DEEP')
    expect(codeOf(`{ a { ... on T ${nested(limits.depth)} } }`)).toBe('QUERY_TOO_DEEP')
  })

  it('lets the standard introspection query pass', () => {
    expect(codeOf(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }))).toBeNull()
  })

  it('does not let introspection hide a deep query', () => {
    expect(codeOf(`{ __schema { types ${nested(limits.introspectionDepth)} } }`)).toBe('QUERY_TOO_DEEP')
    expect(codeOf(`{ __type(name: "A") { name } a ${nested(limits.depth)} }`)).toBe('QUERY_TOO_DEEP')
  })

  it('bounds aliases and directives', () => {
    const aliases = (count: number) => `{ ${Array.from({ length: count }, (_, i) => `a${i}: a`).join(' ')} }`
    expect(codeOf(aliases(limits.aliases))).toBeNull()
    expect(codeOf(aliases(limits.aliases + 1))).toBe('QUERY_TOO_COMPLEX')
    expect(codeOf(`{ a ${'@b '.repeat(limits.directives + 1)} }`)).toBe('QUERY_TOO_COMPLEX')
  })

  it('sees through fragments that multiply each other', () => {
    const bomb = Array.from(
      { length: 10 },
      (_, i) => `fragment F${i} on T { a { ...F${i + 1} } b { ...F${i + 1} } c { ...F${i + 1} } }`,
    )
    expect(codeOf(`{ ...F0 } ${bomb.join(' ')} fragment F10 on T { a }`)).toBe('QUERY_TOO_COMPLEX')
  })

  it('bounds pages within pages, whoever says how large they are', () => {
    const trades = (page: string, inner: string) => `market { trades${page} { edges { node { id ${inner} } } } }`
    const twice = (page: string) => `query ($n: Int) { ${trades(page, trades(page, ''))} }`
    expect(codeOf(`{ ${trades('(first: 100)', trades('(first: 20)', ''))} }`)).toBeNull()
    expect(codeOf(twice('(first: 100)'))).toBe('QUERY_TOO_COMPLEX')
    expect(codeOf(twice('(first: $n)'))).toBe('QUERY_TOO_COMPLEX')
    expect(codeOf(twice(''))).toBeNull()
    const pages = (text: string) => Array.from({ length: 15 }, (_, i) => `a${i}: trades${text}`).join(' ')
    const small = pages('(first: 1) { edges { node { id } } }')
    expect(codeOf(`{ ${trades('(first: 100)', `market { ${small} }`)} }`)).toBe('QUERY_TOO_COMPLEX')
    const hidden = `{ market { ${pages(' { ...A }')} } }
      fragment A on Page { ... on Page { edges { node { market { ${pages(' { ...B }')} } } } } }
      fragment B on Page { edges { node { id } } }`
    expect(codeOf(hidden)).toBe('QUERY_TOO_COMPLEX')
  })

  it('counts the pages of candles and curves as long as they are', () => {
    const several = (count: number, page: string) => {
      const pages = Array.from({ length: count }, (_, i) => `a${i}: ${page} { edges { node { a b c d e f } } }`)
      return codeOf(`query ($n: Int) { ${pages.join(' ')} }`)
    }
    expect(several(4, 'candles(first: $n)')).toBeNull()
    expect(several(6, 'candles(first: $n)')).toBe('QUERY_TOO_COMPLEX')
    expect(several(limits.aliases, 'candles')).toBeNull()
    for (const curve of ['equityCurve', 'equityCurve(last: $n)']) {
      expect(several(2, curve)).toBeNull()
      expect(several(3, curve)).toBe('QUERY_TOO_COMPLEX')
    }
  })

  it('counts the rungs of every book', () => {
    const books = (count: number, depth: string) =>
      `query ($d: Int) { ${Array.from({ length: count }, (_, i) => `a${i}: market { orderBook(depth: ${depth}) { bids { price } } }`).join(' ')} }`
    expect(codeOf(books(4, '1000'))).toBeNull()
    expect(codeOf(books(5, '1000'))).toBe('QUERY_TOO_COMPLEX')
    expect(codeOf(books(5, '$d'))).toBe('QUERY_TOO_COMPLEX')
    expect(codeOf(books(30, '100'))).toBeNull()
  })

  it('does not let introspection multiply itself by fragments and aliases', () => {
    const aliased = (count: number, inner: string) =>
      Array.from({ length: count }, (_, i) => `a${i}: ${inner}`).join(' ')
    const bomb = `{ __schema { ${aliased(10, 'types { ...A }')} } }
      fragment A on __Type { ${aliased(10, 'fields { ...B }')} }
      fragment B on __Field { ${aliased(10, 'type { fields { name } }')} }`
    expect(codeOf(bomb)).toBe('QUERY_TOO_COMPLEX')
  })

  it('survives a fragment that contains itself', () => {
    expect(codeOf('{ ...F } fragment F on T { a { ...F } }')).toBeNull()
  })

  it('stops reading at the token limit and says so', () => {
    const result = parseOperation(`{ ${'a '.repeat(limits.tokens)} }`)
    expect(result.ok ? null : result.error.extensions.code).toBe('QUERY_TOO_COMPLEX')
  })

  it('tells a syntax error with its place', () => {
    const result = parseOperation('{ market(')
    expect(result.ok ? null : result.error.toJSON()).toMatchObject({
      locations: [{ line: 1, column: 10 }],
      extensions: { code: 'GRAPHQL_PARSE_FAILED' },
    })
  })
})
