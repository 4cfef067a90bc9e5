import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../limits/limits.ts'
import { API_KEY } from '../testing/issuer.ts'
import { type Reach, Stage } from '../testing/stage.ts'

describe.each<Reach>(['in process', 'over HTTP'])('queries to subgraphs %s', (reach) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open(reach)
  })
  afterAll(() => stage?.close())

  const codes = ({ body }: { body: { errors?: { extensions: { code: string } }[] } }) =>
    (body.errors ?? []).map(({ extensions }) => extensions.code)

  it('joins two subgraphs, with what one needs from the other', async () => {
    const { status, body } = await stage.query(
      'query Q($s: String!) { m: market(symbol: $s) { symbol forecast doubleLot } }',
      { variables: { s: 'A' } },
    )
    expect(body).toEqual({ data: { m: { symbol: 'A', forecast: 0.5, doubleLot: 10 } } })
    expect(status).toBe(200)
  })

  it('tell the schema, and suggest a field close to an unknown one', async () => {
    const { body } = await stage.query('{ __schema { subscriptionType { name } } }')
    expect(body.data.__schema.subscriptionType.name).toBe('Subscription')
    const unknown = await stage.query('{ market(symbol: "A") { simbol } }')
    expect(unknown.status).toBe(400)
    expect(unknown.body.errors).toMatchObject([
      { message: expect.stringContaining('"symbol"'), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
  })

  it('forward the token, and only what it allows', async () => {
    const authorization = `Bearer ${stage.issuer.token()}`
    expect((await stage.query('{ account { owner } me { id } }', { authorization })).body).toEqual({
      data: { account: { owner: 'usr_1' }, me: { id: 'usr_1' } },
    })
    expect(codes(await stage.query('{ account { owner } }'))).toEqual(['UNAUTHENTICATED'])
    const unscoped = await stage.query('{ account { owner } }', {
      authorization: `Bearer ${stage.issuer.token({ scope: '' })}`,
    })
    expect(codes(unscoped)).toEqual(['FORBIDDEN'])
    expect(unscoped.body.data).toEqual({ account: null })
  })

  it('hold callers to the policies of the schema: a role’s, and nobody to one that is not known', async () => {
    const as = (...roles: string[]) => ({ authorization: `Bearer ${stage.issuer.token({ roles })}` })
    expect((await stage.query('{ vault }', as('TRADER', 'ADMIN'))).body).toEqual({ data: { vault: 7 } })
    expect(codes(await stage.query('{ vault }', as('TRADER')))).toEqual(['FORBIDDEN'])
    expect(codes(await stage.query('{ vault }'))).toEqual(['UNAUTHENTICATED'])
    expect(codes(await stage.query('{ sealed }', as('ADMIN')))).toEqual(['FORBIDDEN'])
    const { body } = await stage.query('{ vault sealed }', as('ADMIN'))
    expect(body.data).toEqual({ vault: 7, sealed: null })
  })

  it('give a caller what they may see of an operation, null and a code for the rest, and ask no subgraph for that', async () => {
    const { body } = await stage.query(
      '{ market(symbol: "A") { forecast secret } account { owner } __type(name: "Account") { name } }',
    )
    expect(body).toMatchObject({ data: { market: { forecast: 0.5, secret: null }, account: null, __type: null } })
    expect(
      body.errors.map(({ path, extensions }: { path: string[]; extensions: object }) => ({ path, extensions })),
    ).toEqual(
      [['market', 'secret'], ['account'], ['__type']].map((path) => ({
        path,
        extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
      })),
    )
    const before = stage.analyst.asked
    expect((await stage.query('{ market(symbol: "A") { symbol secret } }')).body.data.market.secret).toBeNull()
    expect(stage.analyst.asked).toBe(before)
    const authorization = `Bearer ${stage.issuer.token()}`
    const own = await stage.query('{ market(symbol: "A") { secret } __type(name: "Account") { name } }', {
      authorization,
    })
    expect(own.body).toEqual({ data: { market: { secret: 42 }, __type: { name: 'Account' } } })
  })

  it('say what an operation costs, and refuse one that costs too much before any subgraph is asked', async () => {
    const { extensions } = await stage.query('{ markets { symbol } account { owner } }')
    expect(extensions).toEqual({ cost: { estimated: 11, actual: 3 } })
    const dear = await stage.query('query ($n: Int) { listed(first: $n) { symbol lot } me { id } }', {
      variables: { n: limits.cost },
    })
    expect(dear.status).toBe(400)
    expect(codes(dear)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(dear.body.data).toBeUndefined()
  })

  it.each([
    ['expired', (stage: Stage) => `Bearer ${stage.issuer.token({ lifeMs: -60_000 })}`],
    ['foreign', (stage: Stage) => `Bearer ${stage.issuer.token({ audience: 'elsewhere' })}`],
    ['tampered', (stage: Stage) => `Bearer ${stage.issuer.token().replace(/\.(\w{4})/, '.AAAA')}`],
    ['unreadable', () => 'Basic dXNlcjpwYXNz'],
    ['wrong key', () => 'ApiKey opk_wrong'],
  ])('answer 401 to credentials that are %s', async (_, authorization) => {
    const answer = await stage.query('{ market(symbol: "A") { symbol } }', { authorization: authorization(stage) })
    expect(answer.status).toBe(401)
    expect(codes(answer)).toEqual(['UNAUTHENTICATED'])
  })

  it('swap an API key once for many requests, and send subgraphs a token only', async () => {
    const before = stage.issuer.exchanges
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => stage.query('{ me { id } }', { authorization: `ApiKey ${API_KEY}` })),
    )
    expect(answers.map(({ body }) => body.data.me.id)).toEqual(Array(5).fill('usr_key'))
    expect(stage.issuer.exchanges - before).toBe(1)
  })

  it('swap an API key anew where its token was revoked', async () => {
    const authorization = `ApiKey ${API_KEY}`
    await stage.query('{ me { id } }', { authorization })
    const moment = (ms: number) => new Date(performance.timeOrigin + performance.now() + ms).toISOString()
    stage.verifier.revoke({
      userId: 'usr_key',
      sessionId: `ses_key_${stage.issuer.exchanges}`,
      revokedAt: moment(0),
      expiresAt: moment(900_000),
    })
    expect((await stage.query('{ me { id } }', { authorization })).body).toEqual({ data: { me: { id: 'usr_key' } } })
  })

  it('keep the insides of a subgraph inside', async () => {
    const answer = await stage.query('{ market(symbol: "A") { symbol broken } }')
    expect(answer.body.data).toEqual({ market: { symbol: 'A', broken: null } })
    expect(answer.body.errors).toEqual([
      {
        message: expect.any(String),
        path: ['market', 'broken'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', service: 'analyst' },
      },
    ])
    expect(JSON.stringify(answer.body)).not.toContain('relation')
  })

  it('answer bad JSON, an empty body and a wrong variable as bad input', async () => {
    const post = async (body: string) => {
      const response = await fetch(stage.gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      return { status: response.status, body: JSON.parse(await response.text()) }
    }
    for (const answer of [
      await post('{"query":'),
      await post(''),
      await post('[]'),
      await post('"{"'),
      await post('{"query":3}'),
    ]) {
      expect(answer.status).toBe(400)
      expect(codes(answer)).toEqual(['BAD_USER_INPUT'])
    }
    expect(
      codes(await post('{"query":"query Q($s: String!) { market(symbol: $s) { symbol } }","variables":{"s":3}}')),
    ).toEqual(['BAD_USER_INPUT'])
    expect(codes(await post('{"query":"{ market("}'))).toEqual(['GRAPHQL_PARSE_FAILED'])
  })

  it('answer 413 to a body over the limit, announced or not', async () => {
    const large = JSON.stringify({ query: `{ market(symbol: "A") { symbol } } ${'#'.repeat(1024 * 1024)}` })
    const announced = await fetch(stage.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: large,
    })
    expect(announced.status).toBe(413)
    expect(codes({ body: JSON.parse(await announced.text()) })).toEqual(['REQUEST_TOO_LARGE'])
    const chunks = new Blob([large]).stream()
    const streamed = await fetch(stage.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: chunks,
      duplex: 'half',
    })
    expect(streamed.status).toBe(413)
  })

  it('answer a deep, a large and a repetitive query with their codes', async () => {
    const deep = await stage.query(`${'{ a '.repeat(limits.depth + 1)}${'}'.repeat(limits.depth + 1)}`)
    expect(codes(deep)).toContain('QUERY_TOO_DEEP')
    expect(deep.status).toBe(400)
    expect(codes(await stage.query(`{ ${'__typename '.repeat(limits.tokens)} }`))).toEqual(['QUERY_TOO_COMPLEX'])
    const aliases = Array.from({ length: limits.aliases + 1 }, (_, i) => `a${i}: __typename`)
    expect(codes(await stage.query(`{ ${aliases.join(' ')} }`))).toEqual(['QUERY_TOO_COMPLEX'])
  })

  it('refuse a form post from elsewhere, a mutation by GET and a subscription over HTTP', async () => {
    const form = await fetch(stage.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"query":"{ __typename }"}',
    })
    expect(form.status).toBe(400)
    const get = await fetch(`${stage.gateway.url}?query=${encodeURIComponent('mutation { place(price: 1) }')}`, {
      headers: { 'apollo-require-preflight': '1' },
    })
    expect(get.status).toBe(405)
    expect(stage.exchange.placed).toEqual([])
    expect(codes(await stage.query('subscription { ticker(symbol: "A") { price } }'))).toEqual(['BAD_USER_INPUT'])
  })

  it('write one line for each request, with no document, variable or token in it', async () => {
    stage.log.length = 0
    const token = stage.issuer.token()
    await stage.query('query Named($s: String!) { market(symbol: $s) { symbol } }', {
      variables: { s: 'SECRET-VARIABLE' },
      authorization: `Bearer ${token}`,
      headers: { 'x-request-id': 'req-42' },
    })
    const lines = stage.log.filter((line) => line.includes('"msg":"operation"'))
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { requestId: 'req-42', userId: 'usr_1', type: 'query', operation: 'Named', codes: [] },
    ])
    expect(stage.log.join()).not.toMatch(/SECRET-VARIABLE|symbol/)
    expect(stage.log.join()).not.toContain(token)
  })

  it('tell health, readiness and metrics', async () => {
    const get = async (where: string) => {
      const response = await fetch(new URL(where, stage.gateway.url))
      return { status: response.status, text: await response.text() }
    }
    expect(await get('/health/live')).toEqual({ status: 200, text: '{"status":"live"}' })
    expect(JSON.parse((await get('/health/ready')).text)).toEqual({
      status: 'ready',
      subgraphs: { exchange: 'ready', analyst: 'ready', enterprise: 'ready' },
    })
    expect((await get('/metrics')).text).toMatch(
      /gateway_operations_total\{type="query",operation="none",client="none",outcome="OK"\} [1-9]/,
    )
    expect((await get('/nowhere')).status).toBe(404)
  })
})
