import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Identity, Scope } from '@opsource/identity'
import { parse, print, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { apiSchemaOf, compose } from '../supergraph/composition.ts'
import { guardedSdl } from '../testing/guarded-graph.ts'
import { Authorization } from './authorization.ts'

const composed = compose([{ name: 'guarded', url: 'http://guarded', sdl: guardedSdl }])
if (!composed.ok) throw new Error(JSON.stringify(composed.error))
const sdl = composed.value
const schema = apiSchemaOf(sdl)
const authorization = new Authorization(
  sdl,
  schema,
  new Map([
    ['even', (identity: Identity | null) => identity?.userId === 'usr_2'],
    [
      'odd',
      () => {
        throw new Error('the policy fails')
      },
    ],
  ]),
)

const nobody = null
const user = (...scopes: Scope[]): Identity => ({
  userId: 'usr_1',
  sessionId: 'ses_1',
  roles: [],
  scopes: new Set(scopes),
  issuedAt: 0,
  expiresAt: 1,
})
const restrict = (text: string, identity: Identity | null, variables = {}) => {
  const document = parse(text)
  expect(validate(schema, document)).toEqual([])
  const restriction = authorization.restrict(document, null, { identity }, variables)
  return {
    planned: restriction.planned && print(restriction.planned).replace(/\s+/g, ' ').trim(),
    missing: restriction.errors(variables).map(({ path, extensions }) => `${path?.join('.')} ${extensions.code}`),
    isWhole: restriction.planned === document,
  }
}
const hidden = (...paths: string[]) => paths.map((path) => `${path} UNAUTHORIZED_FIELD_OR_TYPE`)

describe('what a caller may not see', () => {
  it('is taken out of the plan, and named', () => {
    expect(restrict('{ open { id audit secret { id } } }', nobody)).toMatchObject({
      planned: '{ open { id } }',
      missing: hidden('open.audit', 'open.secret'),
    })
    expect(restrict('{ open { id audit } }', user('audit:read')).isWhole).toBe(true)
  })

  it('is found behind aliases, fragments and lists', () => {
    const text = '{ a: opens { ...F } b: open { ... { c: audit } } } fragment F on Open { d: audit id }'
    expect(restrict(text, user())).toMatchObject({
      planned: '{ a: opens { ... on Open { id } } b: open { __typename } }',
      missing: hidden('a.@.@.d', 'b.c'),
    })
  })

  it('needs all directives, and of each one set in full', () => {
    expect(restrict('{ traded level open { id } }', user('trade')).missing).toEqual(hidden('traded'))
    expect(restrict('{ traded }', user('trade', 'audit:read')).isWhole).toBe(true)
    expect(restrict('{ traded }', user('risk:manage')).isWhole).toBe(true)
    const second = { ...user('trade'), userId: 'usr_2' }
    expect(restrict('{ both open { id } }', user('trade')).missing).toEqual(hidden('both'))
    expect(restrict('{ both }', second).isWhole).toBe(true)
  })

  it('is what a policy says no to, fails over, or is not there to say', () => {
    expect(restrict('{ lucky open { id } }', nobody).missing).toEqual(hidden('lucky'))
    expect(restrict('{ lucky }', { ...user(), userId: 'usr_2' }).isWhole).toBe(true)
    expect(restrict('{ code open { id } }', { ...user(), userId: 'usr_2' }).missing).toEqual(hidden('code'))
    const without = new Authorization(sdl, schema)
    expect(without.restrict(parse('{ lucky }'), null, { identity: user() }).planned).toBeNull()
  })

  it('is every guarded member of a union, and an interface that composition guards as it does an implementation', () => {
    const text = '{ any { __typename ... on Plain { extra } ... on Secret { id } ...P } } fragment P on Person { id }'
    expect(restrict(text, nobody)).toMatchObject({
      planned: '{ any { __typename ... on Plain { extra } } }',
      missing: hidden('any.id'),
    })
    expect(restrict('{ node { id } open { id } }', nobody).missing).toEqual(hidden('node'))
    expect(restrict('{ node { id } }', user('records:read')).isWhole).toBe(true)
  })

  it('is every field of an interface that one of its implementations guards, where composition does not say so', () => {
    const bare = sdl.replace(
      /(interface Node\n[^{]*)\{[^}]*\}/,
      'interface Node @join__type(graph: GUARDED) { id: ID! name: String }',
    )
    const plain = new Authorization(bare, schema)
    const plan = (text: string, identity: Identity | null) => {
      const { planned } = plain.restrict(parse(text), null, { identity })
      return planned && print(planned).replace(/\s+/g, ' ').trim()
    }
    expect(plan('{ nodes { id name } }', nobody)).toBe('{ nodes { __typename } }')
    expect(plan('{ nodes { id name } }', user('records:read'))).toBe('{ nodes { id name } }')
    expect(plan('{ node { ... on Plain { id ... on Node { name } } ... on Half { id name } } }', nobody)).toBe(
      '{ node { ... on Plain { id ... on Node { name } } ... on Half { id } } }',
    )
  })

  it('does not keep a mutation from happening that is allowed itself', () => {
    expect(restrict('mutation { enter { person { email } } }', nobody)).toMatchObject({
      planned: 'mutation { enter { person { __typename } } }',
      missing: hidden('enter.person.email'),
    })
  })

  it('is not the type that a field declares open, though everything below keeps its rules', () => {
    const text = 'mutation { enter { person { ...P } } } fragment P on Person { id friend { id } }'
    expect(restrict(text, nobody)).toMatchObject({
      planned: 'mutation { enter { person { ... on Person { id } } } }',
      missing: hidden('enter.person.friend'),
    })
  })

  it('counts for nothing where the operation leaves it out', () => {
    const text = 'query ($on: Boolean = false) { open { id audit @include(if: $on) secret @skip(if: true) { id } } }'
    expect(restrict(text, nobody).missing).toEqual([])
    expect(restrict(text, nobody, { on: true }).missing).toEqual(hidden('open.audit'))
  })

  it('is a type that introspection asks for by name, by variable too', () => {
    expect(restrict('{ __type(name: "Person") { name } open { id } }', nobody)).toMatchObject({
      planned: '{ open { id } }',
      missing: hidden('__type'),
    })
    const text = 'query ($n: String! = "Person") { __type(name: $n) { name } open { id } }'
    expect(restrict(text, nobody).missing).toEqual(hidden('__type'))
    expect(restrict(text, nobody, { n: 'Open' }).isWhole).toBe(true)
    expect(restrict(text, user()).isWhole).toBe(true)
    const { document } = authorization.restrict(parse(text), null, { identity: nobody })
    expect(print(document)).toContain('__type(name: "")')
    expect(restrict('{ __schema { types { name } } }', nobody).isWhole).toBe(true)
  })
})

describe('an operation of which nothing is left', () => {
  it('is refused as its subgraphs would refuse it', () => {
    expect(restrict('{ token a: traded }', nobody)).toEqual({
      planned: null,
      missing: ['token UNAUTHENTICATED', 'a UNAUTHENTICATED'],
      isWhole: false,
    })
    expect(restrict('{ traded }', user('trade'))).toMatchObject({ planned: null, missing: ['traded FORBIDDEN'] })
    expect(restrict('subscription { fills { at } }', nobody)).toMatchObject({ missing: ['fills UNAUTHENTICATED'] })
  })
})

describe('a supergraph', () => {
  const refuses = (changed: string) => (why: RegExp) => expect(() => new Authorization(changed, schema)).toThrow(why)
  const swap = (from: string | RegExp, to: string) => {
    const changed = sdl.replace(from, to)
    expect(changed).not.toBe(sdl)
    return changed
  }

  it('is refused with a security spec, or a version of one, that is unknown', () => {
    refuses(swap('policy/v0.1', 'policy/v1.0'))(/v0.1/)
    refuses(swap('specs.apollo.dev/authenticated/v0.1', 'specs.example/owner/v1.0'))(/owner/)
  })

  it('is refused with a rule that cannot be read, or lets everybody in by having no sets', () => {
    const scopes = '@requiresScopes(scopes: [["records:read"]])'
    for (const bad of [
      'scopes: []',
      'scopes: [[]]',
      'scopes: "a"',
      'scopes: [[3]]',
      'other: [["a"]]',
      'scopes: [[""]]',
    ])
      refuses(swap(scopes, `@requiresScopes(${bad})`))(/list of lists/)
  })

  it('is refused with a rule where none is enforced', () => {
    refuses(swap('union Any\n', 'union Any @authenticated\n'))(/stands where/)
    refuses(swap('  LOW', '  LOW @authenticated'))(/stands where/)
    refuses(swap(/ {2}open: Open[^!]/, '  open(of: Int @authenticated): Open '))(/stands where/)
    refuses(swap(/ {2}open: Open[^!]/, '  open(of: Level): Open '))(/answers only/)
    refuses(swap(/ {2}open: Open[^!]/, '  open: Open @join__directive(graphs: [GUARDED], name: "policy") '))(
      /stands where/,
    )
  })

  it('holds its rules under whatever name they are linked', () => {
    const renamed = sdl
      .replace('authenticated/v0.1"', 'authenticated/v0.1", as: "signedIn"')
      .replaceAll('@authenticated', '@signedIn')
      .replace('policy/v0.1"', 'policy/v0.1", import: [{ name: "@policy", as: "@asks" }]')
      .replaceAll('@policy', '@asks')
      .replace('name: "@asks"', 'name: "@policy"')
    const other = new Authorization(renamed, schema)
    for (const text of ['{ token }', '{ lucky }']) {
      expect(other.restrict(parse(text), null, { identity: nobody }).planned).toBeNull()
    }
  })
})

describe('the rules of a document', () => {
  it('are collected once, and callers of equal rights get one plan', () => {
    const document = parse('{ open { id audit } }')
    const plan = (identity: Identity | null) => authorization.restrict(document, null, { identity })
    expect(plan(user('trade')).planned).toBe(plan(user('records:read')).planned)
    expect(plan(user('trade')).key).toBe(plan(user('records:read')).key)
    expect(plan(user('audit:read')).planned).toBe(document)
  })

  it('leave log-in open in the real graph, and nothing of a user beyond it', () => {
    const real = readFileSync(path.resolve(import.meta.dirname, '../../../../supergraph.graphql'), 'utf8')
    const graph = new Authorization(real, apiSchemaOf(real))
    const text =
      'mutation L($i: LogInInput!) { logIn(input: $i) { ... on SessionStarted { user { id portfolio { accountId } } } } }'
    const { errors, planned } = graph.restrict(parse(text), null, { identity: nobody })
    expect(errors({}).map(({ path }) => path?.join('.'))).toEqual(['logIn.user.portfolio'])
    expect(planned && print(planned)).toContain('id')
  })
})
