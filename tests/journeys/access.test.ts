import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, importPKCS8, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { describePlatforms, type Platform, startPlatform } from './stage.ts'
import { EVENTUALLY, LOG_IN, PORTFOLIO, Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const LOG_OUT = 'mutation { logOut { __typename ... on SessionEnded { count } } }'
const REFRESH = /* GraphQL */ `
  mutation Refresh($input: RefreshSessionInput!) {
    refreshSession(input: $input) { __typename ... on SessionStarted { tokens { accessToken refreshToken } } ... on Refusal { code } }
  }
`
const CREATE_KEY =
  'mutation { createApiKey(input: { label: "my robot" }) { __typename ... on ApiKeyCreated { secret apiKey { id } } } }'
const REVOKE_KEY = 'mutation Revoke($id: ID!) { revokeApiKey(id: $id) { __typename } }'
const ENTITY = 'query Entity($of: [_Any!]!) { _entities(representations: $of) { ... on User { displayName email } } }'
const sessionSchema = z.object({ tokens: z.object({ accessToken: z.string(), refreshToken: z.string() }) })
const keySchema = z.object({ secret: z.string(), apiKey: z.object({ id: z.string() }) })
const DOMAINS = ['dash33', 'anya', 'enterprise', 'mobile'] as const

describePlatforms((mode) => {
  let platform: Platform
  let visitor: Visitor
  let trader: Trader

  beforeAll(async () => {
    platform = await startPlatform(mode)
    visitor = new Visitor(platform.graphqlUrl)
    trader = await Trader.register(visitor, 'erin')
  })
  afterAll(() => platform?.stop())

  test('without a token everything public answers and nothing else does', async () => {
    expect((await visitor.ask('{ markets { symbol } }')).codes).toEqual([])
    expect((await visitor.ask('{ models { name } }')).codes).toEqual([])
    for (const query of [
      '{ me { id } }',
      '{ notifications { pageInfo { hasNextPage } } }',
      PORTFOLIO,
      '{ ledger { balanced } }',
    ]) {
      const { data, codes } = await visitor.ask(query)
      expect(codes).toEqual(['UNAUTHENTICATED'])
      expect(Object.values(data ?? {})).toEqual([null])
    }
  })

  test('a role opens what it names, and nothing else', async () => {
    for (const query of [
      '{ ledger { balanced } }',
      '{ users { pageInfo { hasNextPage } } }',
      '{ auditLog { pageInfo { hasNextPage } } }',
    ]) {
      const { data, codes } = await trader.visitor.ask(query)
      expect(codes).toEqual(['FORBIDDEN'])
      expect(Object.values(data ?? {})).toEqual([null])
      expect((await visitor.as(await platform.operator()).ask(query)).codes).toEqual([])
    }
    expect((await visitor.as(await platform.operator()).ask(PORTFOLIO)).codes).toEqual(['FORBIDDEN'])
  })

  test('a stranger sees nothing of a user but the name', async () => {
    const other = await Trader.register(visitor, 'frank')
    const { data } = await other.visitor.ask(
      `{ user(id: "${trader.userId}") { displayName email devices { id } notifications { pageInfo { hasNextPage } } portfolio { accountId } apiKeys { id } } }`,
    )
    expect(data?.user === null || JSON.stringify(data?.user)).not.toContain('@')
    const { data: own } = await trader.visitor.ask(`{ user(id: "${trader.userId}") { email portfolio { accountId } } }`)
    expect(own?.user).toMatchObject({ email: trader.email })
  })

  test('a token that is tampered with, foreign, or no token at all is refused', async () => {
    const [header = '', payload = '', signature = ''] = trader.accessToken.split('.')
    const claims = {
      ...JSON.parse(Buffer.from(payload, 'base64url').toString()),
      roles: ['ADMIN'],
      scope: 'users:admin',
    }
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url')
    const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    const foreign = await new SignJWT(claims)
      .setProtectedHeader({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: 'RS256' })
      .sign(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
    for (const token of [
      `${header}.${forged}.${signature}`,
      `${unsigned}.${forged}.`,
      foreign,
      'nonsense',
      `${header}.${payload}.`,
    ]) {
      const { status, codes } = await visitor.as(`Bearer ${token}`).ask('{ markets { symbol } }')
      expect({ status, codes }).toEqual({ status: 401, codes: ['UNAUTHENTICATED'] })
    }
    expect(await visitor.as('ApiKey opk_demo_nobody_has_this_key').ask('{ me { id } }')).toMatchObject({ status: 401 })
  })

  test('a session ends everywhere, live streams too, within 2 s of logging out', async () => {
    const guest = await Trader.logIn(visitor, trader.email, trader.password)
    expect((await guest.visitor.ask('{ me { id } }')).codes).toEqual([])
    expect((await guest.visitor.ask(LOG_OUT)).data?.logOut).toEqual({ __typename: 'SessionEnded', count: 1 })
    const patience = { timeout: 2_000, interval: 50 }
    await expect.poll(async () => (await guest.visitor.ask('{ markets { symbol } }')).status, patience).toBe(401)
    expect((await trader.visitor.ask('{ me { id } }')).codes).toEqual([])
  })

  test('a refresh token gives one successor, the same again where its answer was lost', async () => {
    const guest = await Trader.logIn(visitor, trader.email, trader.password)
    const spend = { input: { refreshToken: guest.refreshToken } }
    const first = sessionSchema.parse((await visitor.ask(REFRESH, spend)).data?.refreshSession)
    const again = sessionSchema.parse((await visitor.ask(REFRESH, spend)).data?.refreshSession)
    expect(again.tokens.refreshToken).toBe(first.tokens.refreshToken)
    expect((await visitor.as(`Bearer ${first.tokens.accessToken}`).ask('{ me { id } }')).data?.me).toEqual({
      id: trader.userId,
    })
    const unknown = { input: { refreshToken: `${guest.refreshToken}x` } }
    expect((await visitor.ask(REFRESH, unknown)).data?.refreshSession).toMatchObject({ code: 'REFRESH_TOKEN_INVALID' })
  })

  test('an expired token is refused, and so is one for someone else', async () => {
    const { kid, privateKey } = await platform.signingKey()
    const key = await importPKCS8(privateKey, 'RS256')
    const claims = decodeJwt(trader.accessToken)
    const issued = Math.floor(Number(claims.iat))
    const sign = (changes: Record<string, unknown>, typ = 'at+jwt') =>
      new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'RS256', typ, kid }).sign(key)
    const status = async (token: string) => (await visitor.as(`Bearer ${token}`).ask('{ me { id } }')).status
    expect(await status(await sign({})), 'the key is the right one').toBe(200)
    expect(await status(await sign({ iat: issued - 3600, exp: issued - 60 }))).toBe(401)
    expect(await status(await sign({ aud: 'elsewhere' }))).toBe(401)
    expect(await status(await sign({ iss: 'elsewhere' }))).toBe(401)
    expect(await status(await sign({}, 'JWT'))).toBe(401)
  })

  test('wrong credentials are refused as data, and alike whether the address is known', async () => {
    const wrong = { email: trader.email, password: 'not the password' }
    const known = await visitor.ask(LOG_IN, { input: wrong })
    const unknown = await visitor.ask(LOG_IN, { input: { ...wrong, email: 'nobody@example.org' } })
    expect(known.data).toEqual(unknown.data)
    expect(known.data?.logIn).toMatchObject({ __typename: 'WrongCredentials' })
  })

  test('an API key works until it is ended', async () => {
    const created = keySchema.parse((await trader.visitor.ask(CREATE_KEY)).data?.createApiKey)
    const robot = visitor.as(`ApiKey ${created.secret}`)
    expect((await robot.ask('{ me { id } }')).data?.me).toEqual({ id: trader.userId })
    expect((await trader.visitor.ask(REVOKE_KEY, { id: created.apiKey.id })).data?.revokeApiKey).toEqual({
      __typename: 'ApiKeyRevoked',
    })
    await expect.poll(async () => (await robot.ask('{ me { id } }')).status, EVENTUALLY).toBe(401)
  })

  test('a subgraph asked directly verifies the token itself', async () => {
    for (const domain of DOMAINS) {
      expect((await platform.askDirectly(domain, '{ _service { sdl } }', null)).text).toContain('schema')
      expect((await platform.askDirectly(domain, '{ __typename }', 'Bearer nonsense')).text).toContain(
        'UNAUTHENTICATED',
      )
    }
    const ask = async (query: string, authorization: string | null) =>
      (await platform.askDirectly('dash33', query, authorization)).text
    expect(await ask('{ markets { symbol } }', null)).toContain('BTC-USDT')
    expect(await ask('{ portfolio { accountId } ledger { balanced } }', null)).toContain('UNAUTHENTICATED')
    expect(await ask('{ portfolio { accountId } }', `Bearer ${trader.accessToken}`)).toContain('acc_')
    expect(await ask('{ ledger { balanced } }', `Bearer ${trader.accessToken}`)).toContain('FORBIDDEN')
  })

  test('an entity asked for directly is as closed as everything else', async () => {
    const of = [{ __typename: 'User', id: trader.userId }]
    const anonymous = await platform.askDirectly('enterprise', ENTITY, null, { of })
    expect(anonymous.text).toContain('UNAUTHENTICATED')
    expect(anonymous.text).not.toContain('erin')
    const own = await platform.askDirectly('enterprise', ENTITY, `Bearer ${trader.accessToken}`, { of })
    expect(own.text).toContain(trader.email)
  })
})
