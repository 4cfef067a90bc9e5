import { createServer, type ServerResponse } from 'node:http'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { anonymous } from '../identity/caller.ts'
import { limits } from '../limits/limits.ts'
import { Breaker } from './breaker.ts'
import { UpstreamDataSource } from './data-source.ts'
import { Departure } from './departure.ts'
import { HttpUpstream } from './http.ts'

type Behaviour = (response: ServerResponse) => void
const answers: Behaviour = (response) => response.writeHead(200).end('{"data":{"ok":true}}')
const breaks: Behaviour = (response) => response.destroy()
const hangs: Behaviour = () => {}
const overflows: Behaviour = (response) => {
  response.writeHead(200, { 'content-length': limits.answerBytes + 1 })
  response.write('{')
}
const UNAVAILABLE = { errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }] }

let behaviours: Behaviour[]
let received: number
let clock: ManualClock
let source: UpstreamDataSource
let close: () => Promise<void>

beforeEach(async () => {
  behaviours = []
  received = 0
  clock = new ManualClock()
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      received++
      const behaviour = behaviours.shift() ?? answers
      behaviour(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const upstream = new HttpUpstream('dash33', `http://127.0.0.1:${port}/graphql`)
  const log = pino({ level: 'silent' })
  source = new UpstreamDataSource(upstream, { timeoutMs: 5_000, log, breaker: new Breaker(clock), retriesReads: true })
  close = async () => {
    await upstream.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterEach(() => close())

const fetched = (operation: 'query' | 'mutation', departure?: Departure) =>
  source.fetch({
    body: '{"query":"{ ok }"}',
    operation,
    context: { caller: anonymous, requestId: 'req', ...(departure ? { departure } : {}) },
    cachePolicy: null,
  })

test('a read whose connection broke is tried once more, a mutation is not', async () => {
  behaviours = [breaks]
  expect(await fetched('query')).toEqual({ data: { ok: true } })
  expect(received).toBe(2)
  behaviours = [breaks, breaks]
  expect(await fetched('query')).toMatchObject(UNAVAILABLE)
  expect(received).toBe(4)
  behaviours = [breaks]
  expect(await fetched('mutation')).toMatchObject(UNAVAILABLE)
  expect(received).toBe(5)
})

test('answers of more than is read of one are told as such, not asked for again, and keep nobody else from being served', async () => {
  behaviours = Array(3).fill(overflows)
  for (let time = 1; time <= 3; time++) {
    expect(await fetched('query')).toMatchObject({
      errors: [{ extensions: { code: 'SUBGRAPH_ANSWER_TOO_LARGE', service: 'dash33' } }],
    })
    expect(received).toBe(time)
  }
  expect(await fetched('query')).toEqual({ data: { ok: true } })
})

test('a subgraph that keeps failing is answered for at once, asked once a second, and served again when it answers', async () => {
  behaviours = Array(3).fill(breaks)
  for (let i = 0; i < 3; i++) await fetched('mutation')
  const before = received
  expect(await fetched('query')).toMatchObject(UNAVAILABLE)
  expect(await fetched('mutation')).toMatchObject(UNAVAILABLE)
  expect(received).toBe(before)
  clock.advance(1_000)
  expect(await fetched('query')).toMatchObject(UNAVAILABLE)
  await expect.poll(() => received).toBe(before + 1)
  await expect.poll(() => fetched('query')).toEqual({ data: { ok: true } })
})

test('a mutation that is let through to a failing subgraph is answered as it went', async () => {
  behaviours = Array(3).fill(breaks)
  for (let i = 0; i < 3; i++) await fetched('mutation')
  clock.advance(1_000)
  expect(await fetched('mutation')).toEqual({ data: { ok: true } })
})

test('more than a subgraph can serve is answered for at once', async () => {
  behaviours = Array(limits.fetchesInHand).fill(hangs)
  const gone = new Departure()
  const waiting = Array.from({ length: limits.fetchesInHand }, () => fetched('query', gone))
  expect(await fetched('query')).toMatchObject(UNAVAILABLE)
  gone.leave()
  for (const result of await Promise.all(waiting)) expect(result).toMatchObject(UNAVAILABLE)
  behaviours = []
  await expect.poll(() => fetched('query')).toEqual({ data: { ok: true } })
})
