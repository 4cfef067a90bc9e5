import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Trace } from '@apollo/usage-reporting-protobuf'
import type { Role, Scope } from '@opsource/identity'
import { afterEach, describe, expect, it } from 'vitest'
import { testPorts } from '../../../tests/support/ports.ts'
import { disclose } from './authorization.ts'
import { createSubgraph } from './graphql-subgraph.ts'
import type { Subgraph } from './subgraph.ts'

const prelude = readFileSync(path.join(import.meta.dirname, 'schema/prelude.graphql'), 'utf8')
const sdl = `${prelude}
extend type Query {
  open: String @public
  mine: String @authenticated
  records: [String!] @requiresScopes(scopes: [["records:read"], ["audit:read", "users:read"]])
  vault: String @policy(policies: [["role:ADMIN"], ["role:OPERATOR", "role:ANALYST"]])
  safe: String @requiresScopes(scopes: [["audit:read"]]) @policy(policies: [["role:ADMIN"]])
  sealed: String @policy(policies: [["moon:full"]])
  user(id: ID!): User @public
  fails: String @public
  echo(amount: Decimal): Decimal @public
}
extend type Mutation { logIn: User @public }
extend type Subscription { user: User @public }
type User @key(fields: "id") @authenticated { id: ID!, name: String, hint: String @public, secret: String @requiresScopes(scopes: [["users:read"]]) }
type Stub @key(fields: "id", resolvable: false) { id: ID! }
`
const resolvers = {
  Query: {
    open: () => 'everyone',
    mine: (_: unknown, __: unknown, { identity }: { identity: { userId: string } }) => identity.userId,
    records: () => ['a record'],
    vault: () => 'gold',
    safe: () => 'silver',
    sealed: () => 'lead',
    user: (_: unknown, { id }: { id: string }) => ({ id, name: 'Ada', hint: 'a hint', secret: 'a secret' }),
    fails: () => {
      throw new Error('select * from "user" failed at /srv/opsource/store.ts')
    },
    echo: (_: unknown, { amount }: { amount: string }) => amount,
  },
  Subscription: {
    user: {
      subscribe: async function* () {
        for (;;) yield { user: { id: 'usr_1', name: 'Ada', hint: 'a hint' } }
      },
    },
  },
  Mutation: { logIn: () => disclose({ id: 'usr_1', name: 'Ada', secret: 'a secret' }) },
  User: { __resolveReference: ({ id }: { id: string }) => ({ id, name: 'Ada' }) },
}

let subgraph: Subgraph | undefined
afterEach(async () => subgraph?.stop())

async function ask(
  query: string,
  options: { scopes?: Scope[]; roles?: Role[]; headers?: Record<string, string>; variables?: object } = {},
) {
  const ports = testPorts()
  subgraph = await createSubgraph({ name: 'sample', sdl, resolvers, ports })
  const { scopes, roles } = options
  const token = scopes && (await ports.token({ scopes, ...(roles ? { roles } : {}) }))
  const body = JSON.stringify({ query, variables: options.variables })
  const headers = options.headers ?? (token ? { authorization: `Bearer ${token}` } : {})
  return JSON.parse(await subgraph.execute({ body, headers }))
}
const codes = (answer: { errors?: { extensions: { code: string } }[] }) =>
  answer.errors?.map(({ extensions }) => extensions.code)
const entity = (fields: string) =>
  `{ _entities(representations: [{ __typename: "User", id: "usr_1" }]) { ... on User { ${fields} } } }`

describe('a subgraph called directly, without a token', () => {
  it('answers what is public, its own schema and nothing else', async () => {
    expect(await ask('{ open __typename }')).toEqual({ data: { open: 'everyone', __typename: 'Query' } })
    expect((await ask('{ _service { sdl } }')).data._service.sdl).toContain('records')
  })
  it('answers null and UNAUTHENTICATED for the rest', async () => {
    const answer = await ask('{ open mine records }')
    expect(answer.data).toEqual({ open: 'everyone', mine: null, records: null })
    expect(codes(answer)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED'])
  })
  it('guards the fields of a type by the type, unless the field is public itself', async () => {
    const answer = await ask('{ user(id: "usr_1") { hint name } }')
    expect(answer.data).toEqual({ user: { hint: 'a hint', name: null } })
    expect(codes(answer)).toEqual(['UNAUTHENTICATED'])
  })
  it('hands out no entity', async () => {
    const answer = await ask(entity('id name'))
    expect(answer.data._entities).toEqual([null])
    expect(codes(answer)).toEqual(['UNAUTHENTICATED'])
  })
  it('is not introspected', async () => {
    expect(codes(await ask('{ __schema { types { name } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })
})

describe('a token', () => {
  it('opens what asks for authentication, and entities', async () => {
    expect((await ask('{ mine }', { scopes: [] })).data).toEqual({ mine: 'usr_test' })
    expect((await ask(entity('name'), { scopes: [] })).data._entities).toEqual([{ name: 'Ada' }])
  })
  it('without the scope gets null and FORBIDDEN', async () => {
    const answer = await ask('{ records }', { scopes: ['users:read'] })
    expect(answer.data).toEqual({ records: null })
    expect(codes(answer)).toEqual(['FORBIDDEN'])
  })
  it('without the role of a policy gets null and FORBIDDEN, whatever its scopes', async () => {
    const opened = async (query: string, roles: Role[], scopes: Scope[] = []) => {
      const answer = await ask(query, { roles, scopes })
      return [Object.values(answer.data)[0], ...(codes(answer) ?? [])]
    }
    expect(await opened('{ vault }', ['ADMIN'])).toEqual(['gold'])
    expect(await opened('{ vault }', ['OPERATOR', 'ANALYST'])).toEqual(['gold'])
    expect(await opened('{ vault }', ['OPERATOR'], ['users:admin'])).toEqual([null, 'FORBIDDEN'])
    expect(await opened('{ safe }', ['ADMIN'], ['audit:read'])).toEqual(['silver'])
    expect(await opened('{ safe }', ['ADMIN'])).toEqual([null, 'FORBIDDEN'])
    expect(await opened('{ safe }', ['TRADER'], ['audit:read'])).toEqual([null, 'FORBIDDEN'])
    expect(await opened('{ sealed }', ['ADMIN'])).toEqual([null, 'FORBIDDEN'])
    expect(codes(await ask('{ vault }'))).toEqual(['UNAUTHENTICATED'])
  })
  it.each<Scope[][]>([[['records:read']], [['audit:read', 'users:read']]])(
    'with %j meets one of the sets',
    async (scopes) => {
      expect((await ask('{ records }', { scopes })).data).toEqual({ records: ['a record'] })
    },
  )
  it('needs the scope of a field beside that of its type', async () => {
    expect(codes(await ask('{ user(id: "usr_1") { secret } }', { scopes: [] }))).toEqual(['FORBIDDEN'])
    expect((await ask('{ user(id: "usr_1") { secret } }', { scopes: ['users:read'] })).data.user.secret).toBe(
      'a secret',
    )
  })
  it.each(['Bearer nonsense', 'Basic YTpi', 'Bearer', 'Bearer a.b.c'])(
    'that does not count (%s) is refused even where none is needed',
    async (authorization) => {
      const answer = await ask('{ open }', { headers: { authorization } })
      expect(answer.data).toBeUndefined()
      expect(codes(answer)).toEqual(['UNAUTHENTICATED'])
    },
  )
})

describe('a public stream', () => {
  it('goes on without what asks for a token, once the token it began with has been revoked', async () => {
    const ports = testPorts()
    subgraph = await createSubgraph({ name: 'sample', sdl, resolvers, ports })
    const authorization = `Bearer ${await ports.token({ userId: 'usr_1' })}`
    const body = JSON.stringify({ query: 'subscription { user { hint name } }' })
    const events = subgraph.subscribe({ body, headers: { authorization } })
    const next = async () => JSON.parse((await events.next()).value)
    expect(await next()).toEqual({ data: { user: { hint: 'a hint', name: 'Ada' } } })
    const [now, expiresAt] = [ports.clock.now(), ports.clock.now() + 60_000].map((time) => new Date(time).toISOString())
    ports.verifier.revoke({ userId: 'usr_1', sessionId: null, revokedAt: now ?? '', expiresAt: expiresAt ?? '' })
    const after = await next()
    expect(after.data).toEqual({ user: { hint: 'a hint', name: null } })
    expect(codes(after)).toEqual(['UNAUTHENTICATED'])
    await events.return?.()
  })
})

describe('a subgraph that has stopped', () => {
  it('takes neither requests nor subscriptions', async () => {
    expect(await ask('{ open }')).toEqual({ data: { open: 'everyone' } })
    await subgraph?.stop()
    const body = JSON.stringify({ query: 'subscription { user { hint } }' })
    const { value } = (await subgraph?.subscribe({ body, headers: {} }).next()) ?? {}
    expect(codes(JSON.parse(value))).toEqual(['SERVER_SHUTDOWN'])
    const answer = await subgraph?.execute({ body: JSON.stringify({ query: '{ open }' }), headers: {} })
    expect(codes(JSON.parse(answer ?? ''))).toEqual(['SERVER_SHUTDOWN'])
  })
})

describe('an entity that is disclosed', () => {
  it('is readable by who has just logged in, but for what asks for a scope', async () => {
    const answer = await ask('mutation { logIn { id name secret } }')
    expect(answer.data).toEqual({ logIn: { id: 'usr_1', name: 'Ada', secret: null } })
    expect(codes(answer)).toEqual(['UNAUTHENTICATED'])
  })
})

describe('bad input', () => {
  it('times its fields for who asks, and for nobody else', async () => {
    const traced = await ask('{ open }', { headers: { 'apollo-federation-include-trace': 'ftv1' } })
    expect(Trace.decode(Buffer.from(traced.extensions.ftv1, 'base64')).root?.child?.[0]?.responseName).toBe('open')
    expect((await ask('{ open }')).extensions).toBeUndefined()
  })
  it('never shows what failed inside', async () => {
    const answer = await ask('{ fails }')
    expect(answer.errors).toEqual([
      expect.objectContaining({
        message: 'Something went wrong on our side.',
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      }),
    ])
  })
  it.each([
    ['an unfinished document', '{ open', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an empty document', '', 'BAD_USER_INPUT'],
    ['an endless document', `{ ${'a '.repeat(10_001)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['a deep query', `{ user(id: "1") ${'{ user '.repeat(16)} ${'}'.repeat(16)} }`, 'QUERY_TOO_DEEP'],
  ])('%s is answered with its code', async (_, query, code) => {
    expect(codes(await ask(query))).toContain(code)
  })
  it.each(['NaN', '1e3', '+1', '01', '.5', '1.', '', ' 1', '0x1', '1'.repeat(41)])(
    'the decimal "%s" is refused',
    async (amount) => {
      expect(codes(await ask('query($a: Decimal) { echo(amount: $a) }', { variables: { a: amount } }))).toEqual([
        'BAD_USER_INPUT',
      ])
    },
  )
  it.each(['0', '-12.50', '1'.repeat(38)])('the decimal %s passes unchanged', async (amount) => {
    expect((await ask('query($a: Decimal) { echo(amount: $a) }', { variables: { a: amount } })).data.echo).toBe(amount)
  })
  it('a body beyond the limit is not read', async () => {
    expect(codes(await ask('{ open }', { variables: { a: 'x'.repeat(1024 * 1024) } }))).toEqual(['REQUEST_TOO_LARGE'])
  })
})

describe('starting', () => {
  it.each([
    ['a root field', `${prelude} extend type Query { open: String }`, { Query: { open: () => '' } }],
    [
      'an entity',
      `${prelude} type User @key(fields: "id") { id: ID! } extend type Query { open: User @public }`,
      { Query: { open: () => null } },
    ],
  ])('fails where %s says nothing of who may have it', async (_, undecided, some) => {
    const ports = testPorts()
    await expect(createSubgraph({ name: 'sample', sdl: undecided, resolvers: some, ports })).rejects.toThrow(
      'carries none of',
    )
  })
  it.each([
    ['an enum', 'enum Named @requiresScopes(scopes: [["users:read"]]) { A }'],
    ['an extended scalar', 'scalar Named extend scalar Named @authenticated'],
  ])('fails where a rule stands on %s, which nobody would keep', async (_, strange) => {
    const start = createSubgraph({ name: 'sample', sdl: `${sdl} ${strange}`, resolvers, ports: testPorts() })
    await expect(start).rejects.toThrow('Named: only object types')
  })
  it('fails where a root field has no resolver', async () => {
    const ports = testPorts()
    await expect(createSubgraph({ name: 'sample', sdl, resolvers: {}, ports })).rejects.toThrow('has no resolver')
  })
})
