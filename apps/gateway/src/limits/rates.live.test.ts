import { MemoryCache } from '@opsource/cache'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { API_KEY } from '../testing/issuer.ts'
import { Reading, until } from '../testing/reading.ts'
import { Stage } from '../testing/stage.ts'
import { rateRules } from './rate-rules.ts'

const MARKETS = '{ markets { symbol } }'
const EXCHANGE = 'mutation ($key: String!) { exchangeApiKey(input: { apiKey: $key }) { __typename } }'
/** Ten requests of a user, five of a key, twenty of an address. */
const SMALL = 0.002

describe('whoever asks too much in too short a time', () => {
  let stage: Stage
  const open = async (options: Parameters<typeof Stage.open>[1] = {}) => {
    stage = await Stage.open('in process', { trustedProxies: ['127.0.0.1'], ...options })
  }
  afterEach(() => stage?.close())
  const codes = ({ body }: { body: { errors?: { extensions: { code: string } }[] } }) =>
    (body.errors ?? []).map(({ extensions }) => extensions.code)
  const ask = (query: string, from: string, more: { authorization?: string; variables?: object } = {}) =>
    stage.query(query, { ...more, headers: { 'x-forwarded-for': from } })
  /** How many of so many requests are answered. */
  const answered = async (count: number, one: (index: number) => ReturnType<typeof ask>) => {
    let good = 0
    for (let i = 0; i < count; i++) if ((await one(i)).status === 200) good++
    return good
  }

  it('gets 429, a code and when to come again; nobody else does', async () => {
    await open({ rateScale: SMALL })
    const token = `Bearer ${stage.issuer.token()}`
    expect(await answered(12, (i) => ask('{ me { id } }', `10.0.0.${i}`, { authorization: token }))).toBe(10)
    const refused = await ask(MARKETS, '10.0.1.1', { authorization: token })
    expect(refused.status).toBe(429)
    expect(refused.body.errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) } },
    ])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    const metrics = await fetch(new URL('/metrics', stage.gateway.url))
    expect(await metrics.text()).toMatch(/gateway_limited_total\{rate="user"\} 3$/m)
    const other = `Bearer ${stage.issuer.token({ userId: 'usr_2' })}`
    expect((await ask(MARKETS, '10.0.1.1', { authorization: other })).status).toBe(200)
    expect(await answered(7, (i) => ask('{ me { id } }', `10.1.0.${i}`, { authorization: `ApiKey ${API_KEY}` }))).toBe(
      5,
    )
  })

  it('is known by address where there is no token, IPv6 by its network', async () => {
    await open({ rateScale: SMALL })
    expect(await answered(22, () => ask(MARKETS, '203.0.113.1'))).toBe(20)
    expect((await ask(MARKETS, '203.0.113.2')).status).toBe(200)
    expect(await answered(22, (i) => ask(MARKETS, `2001:db8:0:7::${i}`))).toBe(20)
  })

  it('is known by the socket alone where no proxy is trusted', async () => {
    await open({ rateScale: SMALL, trustedProxies: [] })
    expect(await answered(22, (i) => ask(MARKETS, `203.0.113.${i}`))).toBe(20)
  })

  it('pays for what it asks', async () => {
    await open({ rateScale: SMALL })
    const list = 'query ($n: Int) { listed(first: $n) { lot } }'
    const dear = (from: string) => ask(list, from, { variables: { n: 500 } })
    expect((await dear('203.0.113.3')).status).toBe(200)
    const second = await dear('203.0.113.3')
    expect(second.status).toBe(429)
    expect(codes(second)).toEqual(['RATE_LIMITED'])
    expect(second.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    expect(JSON.stringify(second.body)).not.toContain('headers')
    expect((await ask(list, '203.0.113.3', { variables: { n: 10 } })).status).toBe(200)
  })

  it('hears the same on a socket, which stays; and gets no more of them', async () => {
    await open({ rateScale: SMALL })
    const client = stage.client(`Bearer ${stage.issuer.token()}`)
    const readings = Array.from({ length: 12 }, () => new Reading(client, '{ me { id } }'))
    await until(() => readings.every(({ ending }) => ending !== null), 'all answers')
    const refused = readings.filter(({ ending }) => ending?.kind === 'ERROR' && ending.codes.includes('RATE_LIMITED'))
    expect(refused).toHaveLength(2)
    await client.dispose()
    const opened = async () => {
      const socket = new WebSocket(stage.gateway.url.replace('http', 'ws'), 'graphql-transport-ws', {
        headers: { 'x-forwarded-for': '203.0.113.4' },
      })
      const status = await new Promise<number>((resolve) => {
        socket.on('open', () => resolve(101))
        socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
        socket.on('error', () => {})
      })
      socket.terminate()
      return status
    }
    const statuses: number[] = []
    for (let i = 0; i < 22; i++) statuses.push(await opened())
    expect(statuses.filter((status) => status === 101)).toHaveLength(20)
    expect(statuses.at(-1)).toBe(429)
  })

  it('cannot guess secrets: what fails is counted, all of an operation and all at once, and what succeeds is not', async () => {
    await open()
    const { most } = rateRules.failedSignInsPerAddress
    const exchange = (key: string, from: string) => ask(EXCHANGE, from, { variables: { key } })
    const right = await Promise.all(Array.from({ length: most + 10 }, () => exchange(API_KEY, '203.0.113.5')))
    // They are on their way together, and none is known to succeed before some are refused.
    expect(right.some(({ body }) => body.data?.exchangeApiKey.__typename === 'AccessTokenIssued')).toBe(true)
    expect(await answered(most, () => exchange(API_KEY, '203.0.113.5'))).toBe(most)
    const wrong = await Promise.all(Array.from({ length: most + 10 }, (_, i) => exchange(`opk_${i}`, '203.0.113.6')))
    expect(wrong.filter(({ status }) => status === 200)).toHaveLength(most)
    expect((await exchange(API_KEY, '203.0.113.6')).status).toBe(429)
    expect((await exchange(API_KEY, '203.0.113.7')).body).toEqual({
      data: { exchangeApiKey: { __typename: 'AccessTokenIssued' } },
    })
    const many = Array.from(
      { length: 16 },
      (_, i) => `_outcome${i}: exchangeApiKey(input: { apiKey: "k${i}" }) { ${i === 0 ? '_outcome: ' : ''}__typename }`,
    )
    const aliased = await ask(`mutation { ${many.join(' ')} }`, '203.0.113.8')
    expect(aliased.body.data._outcome0).toEqual({ _outcome: 'WrongCredentials' })
    expect((await ask(`mutation { ${many.join(' ')} }`, '203.0.113.8')).status).toBe(429)
    expect((await ask(MARKETS, '203.0.113.8')).status).toBe(200)
  })

  it('cannot guess API keys by the header either', async () => {
    await open()
    const { most } = rateRules.failedSignInsPerAddress
    const statuses: number[] = []
    for (let i = 0; i < most + 2; i++) {
      statuses.push((await ask(MARKETS, '203.0.113.9', { authorization: `ApiKey opk_guess_${i}` })).status)
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(most)
    expect(statuses.at(-1)).toBe(429)
    expect((await ask(MARKETS, '203.0.113.9')).status).toBe(200)
  })

  it('is held by the gateway alone while the cache that gateways share is away', async () => {
    const cache = new MemoryCache({ clock: systemClock, log: pino({ level: 'silent' }) })
    await open({ rateScale: SMALL, cache })
    expect((await ask(MARKETS, '203.0.113.10')).status).toBe(200)
    await cache.close()
    const begun = performance.now()
    expect(await answered(21, () => ask(MARKETS, '203.0.113.10'))).toBe(19)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
