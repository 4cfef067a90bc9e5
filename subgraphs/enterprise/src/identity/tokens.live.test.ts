import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { ManualClock } from '@opsource/kernel'
import jwt from 'jsonwebtoken'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { testPorts } from '../../../../tests/support/ports.ts'
import { openDatabase } from '../database.ts'
import { ME, type RunningEnterprise, runEnterprise, within2s } from '../testing/enterprise.ts'
import { demoApiKeys, SigningKeys } from './index.ts'

let database: FreshDatabase
let enterprise: RunningEnterprise
const clock = new ManualClock(1_750_000_000_000)

beforeAll(async () => {
  database = await freshDatabase('enterprise')
  enterprise = await runEnterprise(testPorts({ databaseUrl: database.url, clock }), clock)
})
afterAll(async () => {
  await enterprise.stop()
  await database.drop()
})

const ask = (query: string, variables?: object, token?: string) => enterprise.ask(query, variables, token)
const believed = async (token: string) => (await enterprise.elsewhere.verify(token)).ok
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const read = (text = '') => JSON.parse(Buffer.from(text, 'base64url').toString())

describe('an access token', () => {
  it('that was made or changed by anyone else is refused, and the process lives', async () => {
    const { accessToken } = await enterprise.logIn('trader')
    const [head = '', body = '', signature = ''] = accessToken.split('.')
    const [header, claims] = [read(head), read(body)]
    const route = enterprise.subgraph.routes.find(({ path }) => path === '/.well-known/jwks.json')
    const [jwk] = JSON.parse((await route?.answer()) ?? '').keys
    const publicPem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const sign = (alg: jwt.Algorithm, change: object, headers: object = {}) =>
      jwt.sign({ ...claims, ...change }, foreign, { algorithm: alg, header: { ...header, alg, ...headers } })
    const admin = part({ ...claims, roles: ['ADMIN'], scope: 'users:admin' })
    const confused = `${part({ ...header, alg: 'HS256' })}.${admin}`
    const attacks = {
      'no signature': `${part({ ...header, alg: 'none' })}.${admin}.`,
      'the public key as an HMAC secret': `${confused}.${createHmac('sha256', publicPem).update(confused).digest('base64url')}`,
      'other claims under the old signature': `${head}.${admin}.${signature}`,
      'a cut signature': accessToken.slice(0, -8),
      'a foreign key under our key id': sign('RS256', {}),
      'a foreign key of its own': sign(
        'RS256',
        {},
        { kid: 'mine', jwk: createPublicKey(foreign).export({ format: 'jwk' }) },
      ),
      'another algorithm': sign('PS256', {}),
      'a key id that is a path': sign('RS256', {}, { kid: '../../../../dev/null' }),
      'not a token': 'ey.ey.ey',
      'a megabyte': `${head}.${'A'.repeat(1_000_000)}.${signature}`,
    }
    for (const [name, token] of Object.entries(attacks)) {
      const { errors, data } = await ask(ME, {}, token)
      expect({ name, code: errors?.[0]?.extensions.code, data }).toEqual({
        name,
        code: 'UNAUTHENTICATED',
        data: undefined,
      })
    }
    expect((await ask(ME, {}, accessToken)).data.me.roles).toEqual(['TRADER'])
  })

  it('ends after fifteen minutes', async () => {
    const { accessToken } = await enterprise.logIn('trader')
    clock.advance(890_000)
    expect(await believed(accessToken)).toBe(true)
    clock.advance(20_000)
    expect(await believed(accessToken)).toBe(false)
  })

  it('outlives the rotation of the key that signed it, and the next key is known at once', async () => {
    const before = await enterprise.logIn('trader')
    const own = openDatabase(database.url)
    const { kid } = await new SigningKeys(own, clock, enterprise.ports.ids).rotate()
    clock.advance(61_000)
    const after = await enterprise.logIn('trader')
    expect(read(after.accessToken.split('.')[0]).kid).toBe(kid)
    expect([await believed(before.accessToken), await believed(after.accessToken)]).toEqual([true, true])
    const route = enterprise.subgraph.routes.find(({ path }) => path === '/.well-known/jwks.json')
    const kids = async () => JSON.parse((await route?.answer()) ?? '').keys.map((key: { kid: string }) => key.kid)
    expect(await kids()).toHaveLength(2)
    clock.advance(3_600_000)
    expect(await kids()).toEqual([kid])
    expect(JSON.stringify(JSON.parse((await route?.answer()) ?? ''))).not.toMatch(/"(d|p|q|dp|dq|qi)"/)
    await own.$disconnect()
  })
})

describe('the signing key', () => {
  it('is one, where several instances start at once on an empty database', async () => {
    const empty = await freshDatabase('enterprise')
    const own = openDatabase(empty.url)
    const instances = Array.from({ length: 4 }, () => new SigningKeys(own, clock, enterprise.ports.ids))
    const signers = await Promise.all(instances.map((keys) => keys.current()))
    expect(new Set(signers.map(({ kid }) => kid)).size).toBe(1)
    await own.$disconnect()
    await empty.drop()
  })
})

const CREATE = `mutation ($label: String!) { createApiKey(input: { label: $label }) {
  __typename ... on ApiKeyCreated { secret apiKey { id label revokedAt } } ... on Refusal { code } ... on InvalidInput { field } } }`
const EXCHANGE = `mutation ($apiKey: String!) { exchangeApiKey(input: { apiKey: $apiKey }) {
  ... on AccessTokenIssued { accessToken expiresAt } ... on Refusal { code } } }`
const REVOKE = `mutation ($id: ID!) { revokeApiKey(id: $id) { ... on ApiKeyRevoked { apiKey { revokedAt } } ... on Refusal { code } } }`

describe('an API key', () => {
  it('is shown once, speaks for its owner, and ends everywhere within 2 s', async () => {
    const { accessToken } = await enterprise.logIn('trader')
    const { secret, apiKey } = (await ask(CREATE, { label: 'my bot' }, accessToken)).data.createApiKey
    expect(secret).toMatch(/^opk_[\w-]{43}$/)
    const mine = await ask('{ me { apiKeys { id label } } }', {}, accessToken)
    expect(mine.data.me.apiKeys).toEqual([{ id: apiKey.id, label: 'my bot' }])
    const issued = (await ask(EXCHANGE, { apiKey: secret })).data.exchangeApiKey.accessToken
    expect((await ask(ME, {}, issued)).data.me.email).toBe('trader@demo.opsource.local')
    const stranger = await enterprise.logIn('analyst')
    expect((await ask(REVOKE, { id: apiKey.id }, stranger.accessToken)).data.revokeApiKey.code).toBe('UNKNOWN_API_KEY')
    expect(await believed(issued)).toBe(true)
    const { revokeApiKey } = (await ask(REVOKE, { id: apiKey.id }, accessToken)).data
    expect(revokeApiKey.apiKey.revokedAt).toBe(new Date(clock.now()).toISOString())
    expect(await within2s(async () => !(await believed(issued)))).toBe(true)
    expect((await ask(EXCHANGE, { apiKey: secret })).data.exchangeApiKey.code).toBe('WRONG_CREDENTIALS')
    expect(await believed(accessToken)).toBe(true)
  })

  it('is nowhere in the database', async () => {
    const { accessToken } = await enterprise.logIn('analyst')
    const { secret } = (await ask(CREATE, { label: 'secret' }, accessToken)).data.createApiKey
    const client = new Client({ connectionString: database.adminUrl })
    await client.connect()
    const { rows } = await client.query('SELECT string_agg(k::text, $1) AS text FROM enterprise.api_key k', [' '])
    await client.end()
    expect(rows[0].text).not.toContain(secret)
  })

  it.each(['', 'opk_', 'opk_unknown_unknown_unknown', 'Bearer x', 'x'.repeat(100_000)])(
    'that was never given out opens nothing: %#',
    async (apiKey) => {
      expect((await ask(EXCHANGE, { apiKey })).data.exchangeApiKey.code).toBe('WRONG_CREDENTIALS')
    },
  )

  it('is one of at most twenty, however many are asked for at once', async () => {
    const { accessToken } = await enterprise.logIn('admin')
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, i) => ask(CREATE, { label: `key ${i}` }, accessToken)),
    )
    const names = answers.map(({ data }) => data.createApiKey.__typename)
    expect(names.filter((name) => name === 'ApiKeyCreated')).toHaveLength(20)
    expect(names.filter((name) => name === 'TooManyApiKeys')).toHaveLength(5)
    expect((await ask(CREATE, { label: ' ' }, accessToken)).data.createApiKey.field).toBe('input.label')
  })

  it('of the demo lets the market in a box in', async () => {
    const roles = []
    for (const apiKey of Object.values(demoApiKeys)) {
      const { accessToken } = (await ask(EXCHANGE, { apiKey })).data.exchangeApiKey
      const { me } = (await ask(ME, {}, accessToken)).data
      roles.push([me.displayName, me.kind, me.roles])
    }
    expect(roles).toEqual([
      ['market-maker', 'SERVICE', ['TRADER']],
      ['market-taker', 'SERVICE', ['TRADER']],
      ['market-operator', 'SERVICE', ['OPERATOR']],
    ])
  })
})
