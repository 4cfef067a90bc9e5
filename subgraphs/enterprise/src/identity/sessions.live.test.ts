import { ManualClock } from '@opsource/kernel'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { testPorts } from '../../../../tests/support/ports.ts'
import {
  LOG_IN,
  ME,
  REFRESH,
  REGISTER,
  type RunningEnterprise,
  runEnterprise,
  within2s,
} from '../testing/enterprise.ts'
import { demoUsers } from './index.ts'
import { REFRESH_GRACE_MS } from './refresh-token.ts'

let database: FreshDatabase
let enterprise: RunningEnterprise
const clock = new ManualClock(1_750_000_000_123)

beforeAll(async () => {
  database = await freshDatabase('enterprise')
  enterprise = await runEnterprise(testPorts({ databaseUrl: database.url, clock }), clock)
})
afterAll(async () => {
  await enterprise.stop()
  await database.drop()
})

const ann = { email: 'ann@example.org', password: 'correct horse battery', displayName: 'Ann' }
const ask = (query: string, variables?: object, token?: string) => enterprise.ask(query, variables, token)
const refused = async (token: string) => !(await enterprise.elsewhere.verify(token)).ok
const codes = async (token: string) =>
  (await ask(ME, {}, token)).errors?.map(({ extensions }: { extensions: { code: string } }) => extensions.code)
const actions = async () => {
  const { accessToken } = await enterprise.logIn('operator')
  const { data } = await ask(
    '{ auditLog(first: 100) { edges { node { action subject actor { id } } } } }',
    {},
    accessToken,
  )
  return data.auditLog.edges.map(
    ({ node }: { node: { action: string; subject: string; actor: { id: string } | null } }) => node,
  )
}

describe('a person', () => {
  it('registers, and is logged in with a token that every service believes', async () => {
    const { data } = await ask(REGISTER, ann)
    expect(data.register).toMatchObject({
      __typename: 'SessionStarted',
      user: { email: ann.email, displayName: 'Ann', kind: 'PERSON', roles: ['TRADER'] },
    })
    const { accessToken, accessTokenExpiresAt } = data.register.tokens
    expect(accessTokenExpiresAt).toBe(new Date(Math.floor(clock.now() / 1000) * 1000 + 900_000).toISOString())
    expect((await ask(ME, {}, accessToken)).data.me.email).toBe(ann.email)
    const believed = await enterprise.elsewhere.verify(accessToken)
    expect(believed).toMatchObject({ ok: true, value: { userId: data.register.user.id, roles: ['TRADER'] } })
    expect(believed.ok && [...believed.value.scopes]).toEqual(['trade'])
  })

  it('cannot take an address twice, however it is written', async () => {
    expect((await ask(REGISTER, { ...ann, email: ' ANN@example.org' })).data.register).toMatchObject({
      code: 'EMAIL_TAKEN',
    })
  })

  it('gets one account out of many registrations at once', async () => {
    const bob = { ...ann, email: 'bob@example.org' }
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(REGISTER, bob)))
    const names = answers.map(({ data }) => data.register.__typename).sort()
    expect(names).toEqual([...Array(7).fill('EmailTaken'), 'SessionStarted'])
  })

  it('hears which argument is wrong', async () => {
    expect((await ask(REGISTER, { ...ann, password: 'short' })).data.register).toMatchObject({
      __typename: 'InvalidInput',
      code: 'INVALID_INPUT',
      field: 'input.password',
    })
    expect((await ask(LOG_IN, { email: 'nobody', password: 'x' })).data.logIn).toMatchObject({ field: 'input.email' })
  })

  it('hears the same of a wrong password and of an unknown address', async () => {
    const wrong = await ask(LOG_IN, { ...ann, password: 'not the password' })
    const unknown = await ask(LOG_IN, { email: 'who@example.org', password: 'not the password' })
    expect(wrong.data.logIn.code).toBe('WRONG_CREDENTIALS')
    expect(unknown).toEqual(wrong)
  })

  it.each([ann.email, 'nobody@example.org'])(
    'has to wait after five wrong guesses at %s, and not for ever',
    async (email) => {
      const guess = () => ask(LOG_IN, { email, password: 'a wrong password' })
      for (let i = 0; i < 5; i++) await guess()
      expect((await guess()).data.logIn).toMatchObject({ code: 'TOO_MANY_ATTEMPTS', retryAfterMs: 30_000 })
      clock.advance(30_000)
      expect((await guess()).data.logIn.code).toBe('WRONG_CREDENTIALS')
      clock.advance(60_000)
      if (email === ann.email) expect((await ask(LOG_IN, ann)).data.logIn.__typename).toBe('SessionStarted')
      const log = (await actions()).filter(({ subject }: { subject: string }) => subject === email)
      expect(log.map(({ action }: { action: string }) => action)).toEqual(
        expect.arrayContaining(['login.failed', 'login.blocked', 'login.block_ended']),
      )
    },
  )
})

describe('guesses that come all at once', () => {
  it('count like guesses one after another: none beyond the fifth is told anything, not even the right one', async () => {
    const cara = { ...ann, email: 'cara@example.org' }
    await ask(REGISTER, cara)
    const guesses = Array.from({ length: 14 }, (_, i) => ask(LOG_IN, { ...cara, password: `a wrong password ${i}` }))
    // The queue is served in order: this one is checked last.
    const right = ask(LOG_IN, cara)
    const answers = (await Promise.all(guesses)).map(({ data }) => data.logIn.code)
    expect(answers.filter((code) => code === 'WRONG_CREDENTIALS')).toHaveLength(5)
    expect(answers.filter((code) => code === 'TOO_MANY_ATTEMPTS')).toHaveLength(9)
    expect((await right).data.logIn.code).toBe('TOO_MANY_ATTEMPTS')
    clock.advance(30_000)
    expect((await ask(LOG_IN, cara)).data.logIn.__typename).toBe('SessionStarted')
  })
})

describe('a refresh token', () => {
  it('gives a hundred tabs at once one and the same successor', async () => {
    const { refreshToken } = await enterprise.logIn('trader')
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(REFRESH, { refreshToken })))
    expect(answers.map(({ data }) => data.refreshSession.__typename)).toEqual(Array(100).fill('SessionStarted'))
    const successors = new Set(answers.map(({ data }) => data.refreshSession.tokens.refreshToken))
    expect(successors.size).toBe(1)
    const [successor] = successors
    expect(successor).not.toBe(refreshToken)
    expect((await ask(REFRESH, { refreshToken: successor })).data.refreshSession.__typename).toBe('SessionStarted')
  })

  it('that comes back within the grace time gives the newest, though others have refreshed on', async () => {
    const { refreshToken } = await enterprise.logIn('trader')
    const next = async (token: string) =>
      (await ask(REFRESH, { refreshToken: token })).data.refreshSession.tokens.refreshToken
    const newest = await next(await next(await next(refreshToken)))
    expect(await next(refreshToken)).toBe(newest)
    clock.advance(REFRESH_GRACE_MS + 1)
    expect(await next(newest)).toMatch(/^ort_/)
  })

  it('that comes back after the grace time ends the session everywhere within 2 s', async () => {
    const { refreshToken } = await enterprise.logIn('trader')
    const { data } = await ask(REFRESH, { refreshToken })
    const { accessToken, refreshToken: successor } = data.refreshSession.tokens
    clock.advance(REFRESH_GRACE_MS + 1)
    expect((await ask(REFRESH, { refreshToken })).data.refreshSession.code).toBe('REFRESH_TOKEN_INVALID')
    expect(await within2s(() => refused(accessToken))).toBe(true)
    expect((await ask(REFRESH, { refreshToken: successor })).data.refreshSession.code).toBe('REFRESH_TOKEN_INVALID')
    expect((await actions()).map(({ action }: { action: string }) => action)).toContain('refresh_token.reused')
  })

  it.each(['', 'ort_unknown', 'x'.repeat(513), "ort_' OR 1=1"])(
    'that was never given out is worth nothing: %j',
    async (refreshToken) => {
      expect((await ask(REFRESH, { refreshToken })).data.refreshSession.code).toBe('REFRESH_TOKEN_INVALID')
    },
  )

  it('ends with its time', async () => {
    const { refreshToken } = await enterprise.logIn('trader')
    clock.advance(14 * 86_400_000)
    expect((await ask(REFRESH, { refreshToken })).data.refreshSession.code).toBe('REFRESH_TOKEN_INVALID')
  })
})

describe('a session', () => {
  it('ends with the log-out, here and in every other service within 2 s', async () => {
    const { accessToken, refreshToken } = await enterprise.logIn('trader')
    const other = await enterprise.logIn('trader')
    expect(await refused(accessToken)).toBe(false)
    const { data } = await ask('mutation { logOut { ... on SessionEnded { count } } }', {}, accessToken)
    expect(data.logOut).toEqual({ count: 1 })
    expect(await within2s(() => refused(accessToken))).toBe(true)
    expect(await codes(accessToken)).toEqual(['UNAUTHENTICATED'])
    expect((await ask(REFRESH, { refreshToken })).data.refreshSession.code).toBe('REFRESH_TOKEN_INVALID')
    expect(await refused(other.accessToken)).toBe(false)
  })

  const REVOKE = `mutation ($userId: ID!) { revokeSessions(input: { userId: $userId }) {
    ... on SessionEnded { count } ... on Refusal { code } } }`

  it('can be ended by an ADMIN with all others of the user, and by nobody else', async () => {
    const [first, second] = [await enterprise.logIn('analyst'), await enterprise.logIn('analyst')]
    const operator = await enterprise.logIn('operator')
    const { errors } = await ask(REVOKE, { userId: first.userId }, operator.accessToken)
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    const admin = await enterprise.logIn('admin')
    const { data } = await ask(REVOKE, { userId: first.userId }, admin.accessToken)
    expect(data.revokeSessions.count).toBe(2)
    expect(await within2s(async () => (await refused(first.accessToken)) && (await refused(second.accessToken)))).toBe(
      true,
    )
    clock.advance(1)
    expect(await refused((await enterprise.logIn('analyst')).accessToken)).toBe(false)
    const unknown = await ask(REVOKE, { userId: 'usr_nobody' }, admin.accessToken)
    expect(unknown.data.revokeSessions.code).toBe('UNKNOWN_USER')
  })

  it('leaves a revocation for services that start later', async () => {
    const { accessToken } = await enterprise.logIn('trader')
    await ask('mutation { logOut { __typename } }', {}, accessToken)
    const route = enterprise.subgraph.routes.find(({ path }) => path === '/.well-known/revocations.json')
    const { revocations } = JSON.parse((await route?.answer()) ?? '')
    const sid = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).sid
    expect(revocations).toContainEqual(expect.objectContaining({ sessionId: sid }))
  })
})

describe('the database', () => {
  it('holds no password and no token that it could give away', async () => {
    const { accessToken, refreshToken } = await enterprise.logIn('trader')
    const client = new Client({ connectionString: database.adminUrl })
    await client.connect()
    const { rows: tables } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'enterprise'")
    let dump = ''
    for (const { tablename } of tables) {
      const { rows } = await client.query(`SELECT string_agg(t::text, ' ') AS text FROM enterprise."${tablename}" t`)
      dump += rows[0].text
    }
    await client.end()
    expect(dump).toContain(demoUsers.trader.email)
    for (const secret of [demoUsers.trader.password, ann.password, accessToken, refreshToken])
      expect(dump).not.toContain(secret)
  })
})
