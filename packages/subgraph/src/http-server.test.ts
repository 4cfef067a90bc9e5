import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import path from 'node:path'
import { newEvent } from '@opsource/bus'
import { type Client, createClient } from 'graphql-ws'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { type TestPorts, testPorts } from '../../../tests/support/ports.ts'
import { until } from '../../../tests/support/waiting.ts'
import { fault } from './errors.ts'
import { createSubgraph } from './graphql-subgraph.ts'
import { type Listening, listen } from './http-server.ts'
import type { Subgraph } from './subgraph.ts'

const prelude = readFileSync(path.join(import.meta.dirname, 'schema/prelude.graphql'), 'utf8')
const sdl = `${prelude}
extend type Query { hello: String @public, slow: String @public, mine: String @authenticated }
extend type Subscription {
  count(to: Int!): Int @public
  endless: Int @public
  private: Int @authenticated
  gap: Int @public
  broken: Int @public
  parked: Int @public
}
`

/** How many endless sources are open: each must be let go. */
let sources = 0
let finishSlow: () => void = () => {}

function endless(): AsyncIterableIterator<{ [field: string]: number }> {
  sources += 1
  let ended = false
  let end: () => void = () => {}
  const parked = new Promise<void>((resolve) => {
    end = resolve
  })
  let first = true
  const source: AsyncIterableIterator<{ [field: string]: number }> = {
    [Symbol.asyncIterator]: () => source,
    next: async () => {
      if (first && !ended) {
        first = false
        return { done: false, value: { endless: 1, private: 1 } }
      }
      await parked
      return { done: true, value: undefined }
    },
    return: async () => {
      if (!ended) sources -= 1
      ended = true
      end()
      return { done: true, value: undefined }
    },
  }
  return source
}

const resolvers = {
  Query: {
    hello: () => 'world',
    slow: () =>
      new Promise((resolve) => {
        finishSlow = () => resolve('done')
      }),
    mine: () => 'yours',
  },
  Subscription: {
    count: {
      subscribe: async function* (_: unknown, { to }: { to: number }) {
        for (let n = 1; n <= to; n++) yield { count: n }
      },
    },
    endless: { subscribe: endless },
    private: {
      subscribe: async function* () {
        for (let n = 1; ; n++) {
          yield { private: n }
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      },
    },
    gap: {
      subscribe: async function* () {
        yield { gap: 1 }
        throw fault('SUBSCRIPTION_GAP', 'Something was missed.')
      },
    },
    parked: {
      subscribe: async function* () {
        yield { parked: 1 }
        await new Promise(() => {})
      },
    },
    broken: {
      subscribe: () => {
        throw new Error('connect ECONNREFUSED 10.0.0.7:5432')
      },
    },
  },
}

let ports: TestPorts
let subgraph: Subgraph
let listening: Listening
let client: Client | undefined
const url = (at = '/graphql', scheme = 'http') => `${scheme}://127.0.0.1:${listening.port}${at}`

beforeEach(async () => {
  ports = testPorts()
  const routes = [{ path: '/.well-known/sample.json', answer: async () => '{"sample":true}' }]
  subgraph = await createSubgraph({ name: 'sample', sdl, resolvers, ports, routes })
  listening = await listen(subgraph, { host: '127.0.0.1', port: 0, log: ports.log, metrics: ports.metrics })
})
afterEach(async () => {
  await client?.dispose()
  client = undefined
  await listening.close()
  await ports.transport.close()
})

async function post(body: string, headers: Record<string, string> = {}) {
  const response = await fetch(url(), {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
  const text = await response.text()
  return { status: response.status, body: JSON.parse(text) }
}
const query = (text: string) => JSON.stringify({ query: text })
const code = ({ body }: { body: { errors: { extensions: { code: string } }[] } }) => body.errors[0]?.extensions.code

interface Heard {
  events: unknown[]
  error?: unknown
  completed: boolean
  end: () => void
}

function subscribe(text: string, token?: string): Heard {
  client = createClient({
    url: url('/graphql', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
  })
  const heard: Heard = { events: [], completed: false, end: () => {} }
  heard.end = client.subscribe(
    { query: text },
    {
      next: (event) => heard.events.push(event),
      error: (error) => {
        heard.error = error
      },
      complete: () => {
        heard.completed = true
      },
    },
  )
  return heard
}

describe('over HTTP', () => {
  it('answers GraphQL, health, metrics and the routes of the subgraph', async () => {
    expect(await post(query('{ hello }'))).toEqual({ status: 200, body: { data: { hello: 'world' } } })
    expect((await fetch(url('/health/live'))).status).toBe(200)
    await until('readiness', async () => (await fetch(url('/health/ready'))).status === 200)
    expect(await (await fetch(url('/metrics'))).text()).toContain('opsource_subgraph_request_seconds_count')
    expect(await (await fetch(url('/.well-known/sample.json'))).json()).toEqual({ sample: true })
  })

  it.each<[string, string, Record<string, string>, number, string]>([
    ['no JSON', '{', {}, 400, 'BAD_USER_INPUT'],
    ['no request', '[]', {}, 400, 'BAD_USER_INPUT'],
    ['a form', query('{ hello }'), { 'content-type': 'text/plain' }, 415, 'BAD_USER_INPUT'],
    ['an unknown field', query('{ nothing }'), {}, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['half a document', query('{ hello'), {}, 400, 'GRAPHQL_PARSE_FAILED'],
    ['a bad token', query('{ hello }'), { authorization: 'Bearer x.y.z' }, 401, 'UNAUTHENTICATED'],
    [
      'an unknown operation',
      JSON.stringify({ query: 'query a { hello }', operationName: 'b' }),
      {},
      400,
      'BAD_USER_INPUT',
    ],
    ['a body of over 1 MB', query(`{ hello } #${'x'.repeat(1_048_576)}`), {}, 413, 'REQUEST_TOO_LARGE'],
  ])('answers %s with its code', async (_, body, headers, status, expected) => {
    const answer = await post(body, headers)
    expect([answer.status, code(answer)]).toEqual([status, expected])
  })

  it('cuts a body off that is larger than it says', async () => {
    const answered = await new Promise<string>((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port: listening.port })
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString()
      })
      socket.on('error', () => resolve(text))
      socket.on('close', () => resolve(text))
      socket.write(
        'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
      )
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
      for (let n = 0; n < 20; n++) socket.write(chunk)
    })
    expect(answered).toContain('413')
    expect((await post(query('{ hello }'))).status).toBe(200)
  })

  it('knows no other paths and methods', async () => {
    expect((await fetch(url('/elsewhere'))).status).toBe(404)
    expect((await fetch(url())).status).toBe(405)
    expect((await fetch(url('/metrics'), { method: 'DELETE' })).status).toBe(405)
  })

  it('is not ready while the transport is away', async () => {
    await ports.transport.close()
    expect((await fetch(url('/health/ready'))).status).toBe(503)
    expect((await fetch(url('/health/live'))).status).toBe(200)
  })

  it('finishes what is in hand when it stops, and takes nothing new', async () => {
    const slow = post(query('{ slow }'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const closing = listening.close()
    expect(JSON.parse(await subgraph.execute({ body: query('{ hello }'), headers: {} }))).toMatchObject({
      errors: [{ extensions: { code: 'SERVER_SHUTDOWN' } }],
    })
    finishSlow()
    expect((await slow).body).toEqual({ data: { slow: 'done' } })
    await closing
  })

  it('does not start on a port that is taken', async () => {
    const options = { host: '127.0.0.1', port: listening.port, log: ports.log, metrics: ports.metrics }
    await expect(listen(subgraph, options)).rejects.toThrow('EADDRINUSE')
  })
})

describe('over graphql-transport-ws', () => {
  it('sends every event in order and completes', async () => {
    const heard = subscribe('subscription { count(to: 100) }')
    await until('completion', () => heard.completed)
    expect(heard.events).toEqual(Array.from({ length: 100 }, (_, n) => ({ data: { count: n + 1 } })))
  })

  it('lets the source go when the client completes, while the source waits', async () => {
    const heard = subscribe('subscription { endless }')
    await until('the first event', () => heard.events.length === 1)
    expect(sources).toBe(1)
    heard.end()
    await until('the source to end', () => sources === 0)
  })

  it('lets the source go when the socket breaks', async () => {
    const heard = subscribe('subscription { endless }')
    await until('the first event', () => heard.events.length === 1)
    client?.terminate()
    await until('the source to end', () => sources === 0)
  })

  it('lets all sources go when the service stops', async () => {
    const heard = subscribe('subscription { endless }')
    await until('the first event', () => heard.events.length === 1)
    await listening.close()
    await until('the source to end', () => sources === 0)
  })

  it('stops although a source is parked where it hears nothing', async () => {
    const heard = subscribe('subscription { parked }')
    await until('the first event', () => heard.events.length === 1)
    await listening.close()
  })

  it.each([
    ['without a token', 'subscription { private }', 'UNAUTHENTICATED'],
    ['of an unknown field', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['that is no document', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['that is a query', '{ hello }', 'BAD_USER_INPUT'],
    [
      'with a directive on its field',
      'subscription($y: Boolean = true) { endless @include(if: $y) }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['without its variable', 'subscription($to: Int!) { count(to: $to) }', 'BAD_USER_INPUT'],
    ['that fails inside', 'subscription { broken }', 'INTERNAL_SERVER_ERROR'],
  ])('refuses a subscription %s as an error of the operation', async (_, text, expected) => {
    const heard = subscribe(text)
    await until('the refusal', () => heard.error !== undefined)
    expect(heard.events).toEqual([])
    expect(heard.error).toMatchObject([{ extensions: { code: expected } }])
    expect(JSON.stringify(heard.error)).not.toContain('ECONNREFUSED')
  })

  it('says why a stream ends that cannot go on', async () => {
    const heard = subscribe('subscription { gap }')
    await until('the end', () => heard.completed)
    expect(heard.events).toMatchObject([
      { data: { gap: 1 } },
      { errors: [{ extensions: { code: 'SUBSCRIPTION_GAP' } }] },
    ])
  })

  it('ends what a token opened when the token is revoked', async () => {
    const heard = subscribe('subscription { private }', await ports.token({}))
    await until('events', () => heard.events.length > 2)
    const at = new Date(ports.clock.now() + 1_000).toISOString()
    const revoked = {
      userId: 'usr_test',
      sessionId: 'ses_test',
      revokedAt: at,
      expiresAt: new Date(ports.clock.now() + 60_000).toISOString(),
    }
    await ports.transport.publish([
      newEvent('session.revoked', revoked, { source: 'enterprise', id: 'evt_1', time: ports.clock.now() }),
    ])
    await until('the end', () => heard.completed)
    expect(heard.events.at(-1)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })
})
