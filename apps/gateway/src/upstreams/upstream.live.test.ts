import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TokenVerifier } from '@opsource/identity'
import { systemClock } from '@opsource/kernel'
import type { Listening, SerializedRequest, Subgraph } from '@opsource/subgraph'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import { Analyst, analystSdl } from '../testing/analyst.ts'
import { Exchange, exchangeSdl } from '../testing/exchange.ts'
import { Issuer } from '../testing/issuer.ts'
import { until } from '../testing/reading.ts'
import { openSubgraph, serve } from '../testing/subgraph.ts'
import { Departure } from './departure.ts'
import { HttpUpstream } from './http.ts'
import { LocalUpstream } from './local.ts'
import type { Upstream, UpstreamResult, UpstreamSink } from './upstream.ts'

const MOST_BYTES = 1_000_000
const messageSchema = z.object({ type: z.string(), id: z.string().optional() })

const request = (query: string, headers: Record<string, string> = {}): SerializedRequest => ({
  body: JSON.stringify({ query }),
  headers: { 'content-type': 'application/json', ...headers },
})

class Sink implements UpstreamSink {
  readonly events: UpstreamResult[] = []
  ending: unknown = null
  next = (event: UpstreamResult) => void this.events.push(event)
  complete = () => {
    this.ending = 'COMPLETE'
  }
  refused = (errors: readonly { extensions?: Record<string, unknown> }[]) => {
    this.ending = errors.map(({ extensions }) => extensions?.code)
  }
  lost = () => {
    this.ending = 'LOST'
  }
}

describe.each(['in process', 'over HTTP'])('an upstream %s', (reach) => {
  let exchange: Exchange
  let analyst: Analyst
  let issuer: Issuer
  let subgraphs: Subgraph[]
  let servers: Listening[]
  let markets: Upstream
  let forecasts: Upstream

  const reachOut = async (subgraph: Subgraph): Promise<Upstream> => {
    subgraphs.push(subgraph)
    if (reach === 'in process') return new LocalUpstream(subgraph.name, subgraph)
    const server = await serve(subgraph)
    servers.push(server)
    return new HttpUpstream(subgraph.name, `http://127.0.0.1:${server.port}/graphql`)
  }
  beforeEach(async () => {
    ;[exchange, analyst, issuer, subgraphs, servers] = [new Exchange(), new Analyst(), new Issuer(systemClock), [], []]
    const verifier = new TokenVerifier({
      keys: async () => issuer.jwks(),
      revocations: async () => '{"revocations":[]}',
      clock: systemClock,
    })
    await verifier.load()
    markets = await reachOut(await openSubgraph('exchange', exchangeSdl, exchange.resolvers(), verifier))
    forecasts = await reachOut(await openSubgraph('analyst', analystSdl, analyst.resolvers(), verifier))
  })
  afterEach(async () => {
    analyst.behaviour = 'answers'
    await Promise.all([markets.close(), forecasts.close()])
    await Promise.all(servers.map((server) => server.close()))
    await Promise.all(subgraphs.map((subgraph) => subgraph.stop()))
  })

  it('answers a request with data, errors or both', async () => {
    const ask = async (query: string) => (await markets.execute(request(query), { timeoutMs: 5_000 })).result
    expect(await ask('{ market(symbol: "A") { lot } }')).toEqual({ data: { market: { lot: 5 } } })
    expect(await ask('{ market(symbol: "A") { lot } account { owner } }')).toMatchObject({
      data: { market: { lot: 5 }, account: null },
      errors: [{ path: ['account'], extensions: { code: 'UNAUTHENTICATED' } }],
    })
    expect((await ask('{ nothing }')).errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
  })

  it('carries the token', async () => {
    const { result } = await markets.execute(
      request('{ account { owner } }', { authorization: `Bearer ${issuer.token()}` }),
      { timeoutMs: 5_000 },
    )
    expect(result).toEqual({ data: { account: { owner: 'usr_1' } } })
  })

  it('is unavailable where no answer comes in time, or nobody waits for it', async () => {
    analyst.behaviour = 'hangs'
    const unavailable = { name: 'UpstreamUnavailable', service: 'analyst' }
    await expect(forecasts.execute(request('{ slow }'), { timeoutMs: 50 })).rejects.toMatchObject(unavailable)
    const gone = new Departure()
    const abandoned = forecasts.execute(request('{ slow }'), { timeoutMs: 60_000, departure: gone })
    gone.leave()
    await expect(abandoned).rejects.toMatchObject(unavailable)
  })

  it('passes events on in order and ends with its source', async () => {
    const sink = new Sink()
    markets.subscribe(request('subscription { count(to: 100) { value } }'), sink)
    await until(() => sink.ending !== null, 'the end')
    expect(sink.ending).toBe('COMPLETE')
    expect(sink.events).toEqual(Array.from({ length: 100 }, (_, i) => ({ data: { count: { value: i + 1 } } })))
  })

  it('ends a subscription at its source when it is let go of, and tells its sink nothing more', async () => {
    const sink = new Sink()
    const dispose = markets.subscribe(request('subscription { ticker(symbol: "A") { price } }'), sink)
    await until(() => exchange.prices.readerCount === 1, 'the subscription')
    exchange.prices.push(1)
    await until(() => sink.events.length === 1, 'a price')
    dispose()
    exchange.prices.push(2)
    await until(() => exchange.prices.readerCount === 0, 'the end at the source')
    expect(sink.events).toEqual([{ data: { ticker: { price: 1 } } }])
    expect(sink.ending).toBeNull()
  })

  it('carries more subscriptions of one caller than its owner takes on one connection', async () => {
    const sinks = Array.from({ length: 1_100 }, () => new Sink())
    const disposals = sinks.map((sink) =>
      markets.subscribe(request('subscription { ticker(symbol: "A") { price } }'), sink),
    )
    await until(() => exchange.prices.readerCount === 1_100, 'all of them', 20_000)
    exchange.prices.push(1)
    await until(() => sinks.every(({ events }) => events.length === 1), 'the price for each')
    for (const dispose of disposals) dispose()
    await until(() => exchange.prices.readerCount === 0, 'the end of each')
  })

  it('says why it does not serve a subscription', async () => {
    const sink = new Sink()
    markets.subscribe(request('subscription { nothing }'), sink)
    await until(() => sink.ending !== null, 'the refusal')
    expect(sink.ending).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(sink.events).toEqual([])
  })

  it('is ready while its subgraph is, and no longer', async () => {
    await expect(markets.ready()).resolves.toBeUndefined()
    await Promise.all(servers.map((server) => server.close()))
    await Promise.all(subgraphs.map((subgraph) => subgraph.stop()))
    await expect(markets.ready()).rejects.toThrow()
  })
})

describe('an upstream that answers what is no GraphQL', () => {
  let server: Server
  let upstream: HttpUpstream
  let reply: { status: number; body: string; headers?: Record<string, string> }
  let endless: ((response: ServerResponse) => void) | null
  beforeEach(async () => {
    endless = null
    server = createServer((_, response) => {
      if (endless) endless(response)
      else response.writeHead(reply.status, reply.headers).end(reply.body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    upstream = new HttpUpstream('odd', `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, MOST_BYTES)
  })
  afterEach(async () => {
    await upstream.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const ask = () => upstream.execute(request('{ a }'), { timeoutMs: 5_000 })

  it.each([
    [401, 'UNAUTHENTICATED'],
    [403, 'FORBIDDEN'],
  ])('%s speaks of the caller', async (status, code) => {
    reply = { status, body: 'no' }
    expect((await ask()).result.errors).toMatchObject([{ extensions: { code, service: 'odd' } }])
  })

  it.each([
    [500, '<html>stack trace at /srv</html>'],
    [200, 'null'],
    [200, '{"data":'],
    [200, '{"errors":"many"}'],
    [200, '{}'],
  ])('%s with %s is unavailable', async (status, body) => {
    reply = { status, body }
    await expect(ask()).rejects.toMatchObject({ name: 'UpstreamUnavailable' })
  })

  it('with more than is read of one answer is cut off, and says so', async () => {
    let written = 0
    endless = (response) => {
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000))) written += 10_000
      }
      response.on('drain', write)
      write()
    }
    await expect(ask()).rejects.toMatchObject({ name: 'OversizedAnswer', service: 'odd' })
    // What the sockets' buffers hold besides.
    expect(written).toBeLessThan(MOST_BYTES + 20_000_000)
  })

  it('with an event of more than is read is lost before that is read', async () => {
    const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' })
    sockets.on('connection', (socket) =>
      socket.on('message', (text) => {
        const { type, id } = messageSchema.parse(JSON.parse(String(text)))
        if (type === 'connection_init') socket.send('{"type":"connection_ack"}')
        const payload = { data: { a: 'x'.repeat(MOST_BYTES) } }
        if (type === 'subscribe') socket.send(JSON.stringify({ type: 'next', id, payload }))
      }),
    )
    const sink = new Sink()
    upstream.subscribe(request('subscription { a }'), sink)
    await until(() => sink.ending !== null, 'the end')
    expect(sink).toMatchObject({ events: [], ending: 'LOST' })
    sockets.close()
  })

  it('with a status and a GraphQL body is taken at its body, and its cache-control is passed on', async () => {
    reply = { status: 400, body: '{"errors":[{"message":"no"}]}', headers: { 'cache-control': 'max-age=5, private' } }
    expect(await ask()).toEqual({ result: { errors: [{ message: 'no' }] }, cacheControl: 'max-age=5, private' })
  })
})
