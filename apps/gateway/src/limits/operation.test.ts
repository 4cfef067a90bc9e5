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
