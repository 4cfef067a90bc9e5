import { ManualClock, systemClock } from '@opsource/kernel'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { testPorts } from '../../../../tests/support/ports.ts'
import { pruneAudit } from '../audit/index.ts'
import { openDatabase } from '../database.ts'
import { startEnterprise } from '../index.ts'
import { type RunningEnterprise, runEnterprise, within2s } from '../testing/enterprise.ts'

let database: FreshDatabase
let enterprise: RunningEnterprise
// The trigger goes by the database's own clock: what is young for it must be young here.
const clock = new ManualClock(systemClock.now())
const events: { type: string; data: unknown }[] = []

beforeAll(async () => {
  database = await freshDatabase('enterprise')
  const ports = testPorts({ databaseUrl: database.url, clock })
  await ports.transport.listen(['user.registered', 'user.changed'], async (batch) => {
    events.push(...batch)
  })
  enterprise = await runEnterprise(ports, clock)
})
afterAll(async () => {
  await enterprise.stop()
  await database.drop()
})

const ask = (query: string, variables?: object, token?: string) => enterprise.ask(query, variables, token)
const SET = `mutation ($userId: ID!, $roles: [Role!]!) { setUserRoles(input: { userId: $userId, roles: $roles }) {
  ... on UserRolesSet { user { roles } } ... on Refusal { code } ... on InvalidInput { field } } }`
const EMAIL = 'query ($id: ID!) { user(id: $id) { email displayName } }'

describe('the demo', () => {
  it('is announced to the other domains once, however often it is seeded', async () => {
    const count = () => events.filter(({ type }) => type === 'user.registered').length
    expect(await within2s(async () => count() === 7)).toBe(true)
    const again = testPorts({ databaseUrl: database.url, clock, seed: 2 })
    const second = await startEnterprise(again, { seedDemo: { host: '127.0.0.1' } })
    await second.stop()
    const { data } = await ask(
      '{ users(first: 100) { edges { node { id } } } }',
      {},
      (await enterprise.logIn('operator')).accessToken,
    )
    expect(data.users.edges).toHaveLength(7)
    expect(count()).toBe(7)
  })

  it('refuses to exist where others can reach it', async () => {
    const ports = testPorts({ databaseUrl: database.url, clock })
    await expect(startEnterprise(ports, { seedDemo: { host: '0.0.0.0' } })).rejects.toThrow('everyone knows')
  })
})

describe('a user', () => {
  it('sees himself, and others with the scope only, however they are asked for', async () => {
    const [trader, admin] = [await enterprise.logIn('trader'), await enterprise.logIn('admin')]
    expect((await ask(EMAIL, { id: trader.userId }, trader.accessToken)).data.user.email).toBe(
      'trader@demo.opsource.local',
    )
    expect((await ask(EMAIL, { id: admin.userId }, trader.accessToken)).errors[0].extensions.code).toBe('FORBIDDEN')
    expect((await ask(EMAIL, { id: trader.userId }, admin.accessToken)).data.user.email).toBe(
      'trader@demo.opsource.local',
    )
    const entity = `query ($id: ID!) { _entities(representations: [{ __typename: "User", id: $id }]) { ... on User {
      displayName email apiKeys { id } } } }`
    const denied = await ask(entity, { id: admin.userId }, trader.accessToken)
    expect(denied).toMatchObject({ data: { _entities: [null] }, errors: [{ extensions: { code: 'FORBIDDEN' } }] })
    const own = await ask(entity, { id: trader.userId }, trader.accessToken)
    expect(own.data._entities).toMatchObject([{ displayName: 'Demo Trader', email: 'trader@demo.opsource.local' }])
    const seen = await ask(entity, { id: trader.userId }, admin.accessToken)
    expect(seen.data._entities).toMatchObject([{ displayName: 'Demo Trader', apiKeys: null }])
    expect((await ask(entity, { id: admin.userId })).errors[0].extensions.code).toBe('UNAUTHENTICATED')
    expect((await ask('{ users { edges { node { id } } } }', {}, trader.accessToken)).errors[0].extensions.code).toBe(
      'FORBIDDEN',
    )
    expect((await ask('{ me { id } }')).errors[0].extensions.code).toBe('UNAUTHENTICATED')
  })

  it('comes in pages, oldest first, each once', async () => {
    const { accessToken } = await enterprise.logIn('operator')
    const page =
      'query ($after: String) { users(first: 3, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }'
    const ids: string[] = []
    let after: string | null = null
    let more = true
    while (more) {
      const { data } = await ask(page, { after }, accessToken)
      ids.push(...data.users.edges.map(({ node }: { node: { id: string } }) => node.id))
      more = data.users.pageInfo.hasNextPage
      after = data.users.pageInfo.endCursor
    }
    expect(ids).toHaveLength(7)
    expect(ids).toEqual([...new Set(ids)].sort())
  })

  it('gets roles from an ADMIN only, and other domains hear of it', async () => {
    const [trader, admin] = [await enterprise.logIn('trader'), await enterprise.logIn('admin')]
    const wanted = { userId: trader.userId, roles: ['ANALYST', 'TRADER'] }
    expect((await ask(SET, wanted, trader.accessToken)).errors[0].extensions.code).toBe('FORBIDDEN')
    expect((await ask(SET, wanted, admin.accessToken)).data.setUserRoles.user.roles).toEqual(['TRADER', 'ANALYST'])
    const heard = { userId: trader.userId, displayName: 'Demo Trader', roles: ['TRADER', 'ANALYST'], disabled: false }
    const changes = () => events.filter(({ type }) => type === 'user.changed').map(({ data }) => data)
    expect(await within2s(async () => changes().length > 0)).toBe(true)
    expect(changes()).toEqual([heard])
    expect((await ask(SET, { ...wanted, userId: 'usr_nobody' }, admin.accessToken)).data.setUserRoles.code).toBe(
      'UNKNOWN_USER',
    )
  })

  it.each(['', '\u0000', 'usr_\u0000', "usr_' OR 1=1", 'x'.repeat(100_000)])(
    'is nobody under the id %#',
    async (id) => {
      const { accessToken } = await enterprise.logIn('admin')
      expect(await ask(EMAIL, { id }, accessToken)).toEqual({ data: { user: null } })
      expect((await ask(SET, { userId: id, roles: [] }, accessToken)).data.setUserRoles.code).toBe('UNKNOWN_USER')
      const rest = `mutation ($id: ID!, $text: String!) {
      revokeSessions(input: { userId: $id, sessionId: $id }) { ... on Refusal { code } }
      revokeApiKey(id: $id) { ... on Refusal { code } }
      logIn(input: { email: $text, password: $text }) { ... on InvalidInput { field } } }`
      expect((await ask(rest, { id, text: id }, accessToken)).data).toEqual({
        revokeSessions: { code: 'UNKNOWN_USER' },
        revokeApiKey: { code: 'UNKNOWN_API_KEY' },
        logIn: { field: 'input.email' },
      })
    },
  )

  it('remains ADMIN where no other is', async () => {
    const { userId, accessToken } = await enterprise.logIn('admin')
    const { setUserRoles } = (await ask(SET, { userId, roles: ['TRADER'] }, accessToken)).data
    expect(setUserRoles).toMatchObject({ code: 'INVALID_INPUT', field: 'input.roles' })
  })
})

describe('the audit log', () => {
  const asDomain = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const url = new URL(database.url)
    url.searchParams.delete('schema')
    const client = new Client({ connectionString: url.toString(), options: '-c search_path=enterprise' })
    await client.connect()
    return work(client).finally(() => client.end())
  }

  it('tells who did what, newest first, in pages without a gap', async () => {
    const { accessToken, userId } = await enterprise.logIn('operator')
    const page = `query ($after: String) { auditLog(first: 5, after: $after) {
      edges { node { id action subject at actor { id displayName } } } pageInfo { endCursor hasNextPage } } }`
    const first = (await ask(page, {}, accessToken)).data.auditLog
    expect(first.edges[0].node).toMatchObject({
      action: 'session.started',
      actor: { id: userId, displayName: 'Demo Operator' },
    })
    const second = (await ask(page, { after: first.pageInfo.endCursor }, accessToken)).data.auditLog
    const ids = [...first.edges, ...second.edges].map(({ node }) => node.id)
    const whole = (await ask('{ auditLog(first: 10) { edges { node { id } } } }', {}, accessToken)).data.auditLog
    expect(ids).toEqual(whole.edges.map(({ node }: { node: { id: string } }) => node.id))
    const trader = await enterprise.logIn('trader')
    expect((await ask(page, {}, trader.accessToken)).errors[0].extensions.code).toBe('FORBIDDEN')
    expect((await ask(page, { after: 'nonsense' }, accessToken)).errors[0].extensions.code).toBe('BAD_USER_INPUT')
  })

  it.each(["UPDATE audit_entry SET action = 'nothing'", 'DELETE FROM audit_entry', 'TRUNCATE audit_entry'])(
    'is not changed by %s, not even by the domain itself',
    async (statement) => {
      await asDomain(async (client) => {
        const count = async () => (await client.query('SELECT count(*), max(action) FROM audit_entry')).rows
        const before = await count()
        await expect(client.query(statement)).rejects.toThrow('append-only')
        await client.query("SELECT set_config('opsource.audit_pruning', 'on', false)")
        await expect(client.query(statement)).rejects.toThrow('append-only')
        expect(await count()).toEqual(before)
      })
    },
  )

  it('lets go of what is older than 400 days, and of nothing younger', async () => {
    const add = "INSERT INTO audit_entry (id, action, at) VALUES ($1, 'session.started', now() - $2::interval)"
    await asDomain(async (client) => {
      await client.query(add, ['aud_old', '401 days'])
      await client.query(add, ['aud_young', '399 days'])
    })
    const own = openDatabase(database.url)
    expect(await pruneAudit(own, new Date(8_000_000_000_000))).toBe(1)
    await own.$disconnect()
    const { rows } = await asDomain((client) =>
      client.query("SELECT id FROM audit_entry WHERE id IN ('aud_old', 'aud_young')"),
    )
    expect(rows).toEqual([{ id: 'aud_young' }])
  })
})
