import { request } from 'node:http'
import { ApolloClient, CombinedProtocolErrors, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { limits } from '../limits/limits.ts'
import { Reading, until } from '../testing/reading.ts'
import { Stage } from '../testing/stage.ts'

const TICKER = 'subscription { ticker(symbol: "A") { price market { forecast } } }'
const BOOK = 'subscription { book(symbol: "A") { kind sequence previousSequence } }'
const ACCEPT = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0, application/json'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open('in process')
})
afterAll(() => stage?.close())
afterEach(() =>
  until(
    () =>
      [stage.exchange.steps, stage.exchange.prices, stage.exchange.fills].every(({ readerCount }) => readerCount === 0),
    'no subscription is left at the exchange',
  ),
)

describe("Apollo's own client, over HTTP", () => {
  let reads: { stop: () => void }[] = []
  beforeEach(() => {
    reads = []
  })
  afterEach(() => {
    for (const { stop } of reads) stop()
  })

  const read = (query: string, authorization?: string) => {
    const link = new HttpLink({ uri: stage.gateway.url, headers: authorization ? { authorization } : {} })
    const client = new ApolloClient({ cache: new InMemoryCache(), link })
    const seen = { data: [] as unknown[], codes: [] as unknown[], isComplete: false, stop: () => {} }
    const subscription = client.subscribe({ query: gql(query), errorPolicy: 'all' }).subscribe({
      next: ({ data, error }) => {
        if (CombinedProtocolErrors.is(error)) seen.codes.push(...error.errors.map(({ extensions }) => extensions?.code))
        else seen.data.push(data)
      },
      complete: () => {
        seen.isComplete = true
      },
    })
    seen.stop = () => subscription.unsubscribe()
    reads.push(seen)
    return seen
  }

  it('reads what joins subgraphs, and lets go of it', async () => {
    const seen = read(TICKER)
    await until(() => stage.exchange.prices.readerCount === 1, 'the subscription')
    stage.exchange.prices.push(1)
    await until(() => seen.data.length === 1, 'a price')
    stage.exchange.prices.push(2)
    await until(() => seen.data.length === 2, 'another')
    expect(seen.data[1]).toMatchObject({ ticker: { price: 2, market: { forecast: 0.5 } } })
  })

  it('reads a stream to its end', async () => {
    const seen = read('subscription { count(to: 30) { value } }')
    await until(() => seen.isComplete, 'the end')
    expect(seen.data).toMatchObject(Array.from({ length: 30 }, (_, i) => ({ count: { value: i + 1 } })))
  })

  it('is told within 2 s that its token has ended', async () => {
    const seen = read('subscription { fills { number } }', `Bearer ${stage.issuer.token({ lifeMs: 700 })}`)
    await until(() => stage.exchange.fills.readerCount === 1, 'the subscription')
    await until(() => seen.codes.length > 0, 'the end', 2_700)
    expect(seen.codes).toEqual(['UNAUTHENTICATED'])
  })

  it('is told why the owner refuses', async () => {
    const seen = read('subscription { fills { number } }')
    await until(() => seen.codes.length > 0, 'the refusal')
    expect(seen.codes).toEqual(['UNAUTHENTICATED'])
  })
})

/** A request whose response is read by the test. */
function post(query: string, headers: Record<string, string> = {}) {
  const seen = { status: 0, type: '', text: '', isOver: false, pause: () => {}, resume: () => {}, leave: () => {} }
  const asked = request(
    stage.gateway.url,
    { method: 'POST', headers: { accept: ACCEPT, 'content-type': 'application/json', ...headers } },
    (response) => {
      seen.status = response.statusCode ?? 0
      seen.type = response.headers['content-type'] ?? ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        seen.text += chunk
      })
      response.on('end', () => {
        seen.isOver = true
      })
      seen.pause = () => void response.socket.pause()
      seen.resume = () => void response.socket.resume()
    },
  )
  asked.on('error', () => {})
  asked.end(JSON.stringify({ query }))
  seen.leave = () => void asked.destroy()
  return seen
}

const parts = (text: string) =>
  text
    .split('\r\n--graphql')
    .slice(1, -1)
    .map((part) => JSON.parse(part.replace('\r\ncontent-type: application/json\r\n\r\n', '')))

describe('a subscription over HTTP', () => {
  it('is a document in parts, each behind its delimiter, with a first one at once', async () => {
    const seen = post('subscription { count(to: 2) { value } }')
    await until(() => seen.isOver, 'the end')
    expect([seen.status, seen.type]).toEqual([200, 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'])
    const part = (json: string) => `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`
    const event = (value: number) => part(`{"payload":{"data":{"count":{"value":${value}}}}}`)
    expect(seen.text).toBe(`\r\n--graphql${part('{}')}${event(1)}${event(2)}--\r\n`)
  })

  it('shows that it is alive every five seconds', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const seen = post(TICKER)
      await until(() => stage.exchange.prices.readerCount === 1, 'the subscription')
      for (let count = 2; count <= 4; count++) {
        vi.advanceTimersByTime(5_000)
        await until(() => parts(seen.text).length === count, 'a heartbeat')
      }
      expect(parts(seen.text)).toEqual([{}, {}, {}, {}])
      seen.leave()
      await until(() => stage.exchange.prices.readerCount === 0, 'the end at the source')
    } finally {
      vi.useRealTimers()
    }
  })

  it('has one upstream with all sockets that read the same', async () => {
    const opened = stage.exchange.prices.opened
    const client = stage.client()
    const socket = new Reading(client, TICKER)
    const seen = post(TICKER, { accept: 'multipart/mixed; subscriptionSpec="1.0"' })
    await until(() => parts(seen.text).length === 1 && stage.exchange.prices.readerCount === 1, 'both')
    stage.exchange.prices.push(5)
    await until(() => parts(seen.text).length === 2 && socket.answers.length === 1, 'the price')
    expect(parts(seen.text)[1].payload).toEqual(socket.answers[0])
    expect(stage.exchange.prices.opened - opened).toBe(1)
    seen.leave()
    await client.dispose()
  })

  it('that is not read keeps nothing, and goes on with the newest', async () => {
    const wide = `subscription { ticker(symbol: "A") { price ${Array.from({ length: 25 }, (_, i) => `a${i}${'x'.repeat(900)}: price`).join(' ')} } }`
    const seen = post(wide)
    await until(() => stage.exchange.prices.readerCount === 1 && parts(seen.text).length === 1, 'the subscription')
    seen.pause()
    for (let price = 1; price <= 1_000; price++) {
      stage.exchange.prices.push(price)
      await new Promise((resolve) => setImmediate(resolve))
    }
    seen.resume()
    await until(() => parts(seen.text).at(-1)?.payload?.data.ticker.price === 1_000, 'the newest')
    expect(parts(seen.text).length).toBeLessThan(900)
    seen.leave()
  })

  it('ends with SERVER_SHUTDOWN when the gateway stops', async () => {
    const other = await Stage.open('in process')
    const asked = fetch(other.gateway.url, {
      method: 'POST',
      headers: { accept: ACCEPT, 'content-type': 'application/json' },
      body: JSON.stringify({ query: BOOK }),
    })
    const response = await asked
    await until(() => other.exchange.steps.readerCount === 1, 'the subscription')
    await other.gateway.stop()
    const last = parts(await response.text()).at(-1)
    expect(last).toMatchObject({ payload: null, errors: [{ extensions: { code: 'SERVER_SHUTDOWN' } }] })
    await other.close()
  })

  it.each([
    ['an unknown field', 'subscription { ticker(symbol: "A") { nothing } }', {}, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a token that does not hold', BOOK, { authorization: 'Bearer x' }, 401, 'UNAUTHENTICATED'],
    ['what a page could send from elsewhere', BOOK, { 'content-type': 'text/plain' }, 400, 'BAD_USER_INPUT'],
    ['a client that takes no parts', BOOK, { accept: 'application/json' }, 400, 'BAD_USER_INPUT'],
  ])('is refused for %s', async (_, query, headers, status, code) => {
    const seen = post(query, headers)
    await until(() => seen.isOver, 'the refusal')
    expect(seen.status).toBe(status)
    expect(JSON.parse(seen.text).errors[0].extensions.code).toBe(code)
  })

  it('counts with the sockets of its user, of whom each has a bounded number', async () => {
    const authorization = `Bearer ${stage.issuer.token({ userId: 'usr_many' })}`
    const sockets = [0, 1].map(() => stage.client(authorization))
    const some = sockets.map((client) => new Reading(client, BOOK))
    await until(() => some.every(({ answers }) => answers.length === 1), 'two sockets')
    const streams = Array.from({ length: limits.socketsPerUser - 2 }, () => post(BOOK, { authorization }))
    await until(() => streams.every(({ text }) => parts(text).length === 2), 'as many as may be')
    const tooMany = post(BOOK, { authorization })
    await until(() => tooMany.isOver, 'the refusal')
    expect([tooMany.status, JSON.parse(tooMany.text).errors[0].extensions.code]).toEqual([429, 'TOO_MANY_CONNECTIONS'])
    const socket = new Reading(stage.client(authorization), BOOK)
    await until(() => socket.ending !== null, 'the close')
    expect(socket.ending).toMatchObject({ kind: 'CLOSED', code: 1013 })
    for (const { leave } of streams) leave()
    await Promise.all(sockets.map((client) => client.dispose()))
    await until(() => stage.exchange.steps.readerCount === 0, 'all gone')
    const again = post(BOOK, { authorization })
    await until(() => parts(again.text).length === 2, 'a place again')
    again.leave()
  })
})
