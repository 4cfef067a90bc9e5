import { MemoryTransport, newEvent } from '@opsource/bus'
import { MemoryCache } from '@opsource/cache'
import type { Identity } from '@opsource/identity'
import { parse } from 'graphql'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KnownOperations } from '../operations/known.ts'
import { compose } from '../supergraph/composition.ts'
import { acceptEnforced } from '../supergraph/enforced-specs.ts'
import { Graph } from '../supergraph/graph.ts'
import { Invalidations } from './invalidation.ts'
import { ResponseCache } from './response-cache.ts'

const log = pino({ level: 'silent' })
const SDL = /* GraphQL */ `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective", "@authenticated"])
    @link(url: "https://opsource.example/cacheControl/v1.0", import: ["@cacheControl"])
    @composeDirective(name: "@cacheControl")
  directive @cacheControl(maxAge: Int, scope: String) on FIELD_DEFINITION | OBJECT
  type Query {
    market(symbol: String): Market @cacheControl(maxAge: 10)
    me: User @authenticated @cacheControl(maxAge: 10)
    now: String
  }
  type Market { symbol: String! }
  type User { name: String }
`
const MARKET = 'query ($symbol: String) { market(symbol: $symbol) { symbol } }'
const ME = '{ me { name } }'
const alice: Identity = identity('usr_alice')

let time: number
let cache: MemoryCache
let responses: ResponseCache
let known: KnownOperations
let transport: MemoryTransport
let unfollow: () => Promise<void>
let executions: number

beforeEach(async () => {
  time = 1_700_000_000_000
  executions = 0
  const clock = { now: () => time }
  cache = new MemoryCache({ clock, log })
  transport = new MemoryTransport({ log, consumers: {} })
  const followed = await Invalidations.follow({ cache, transport, log })
  unfollow = followed.unfollow
  responses = new ResponseCache({ cache, clock, invalidations: followed.invalidations, log })
  const composed = compose([{ name: 'dash33', url: 'http://dash33/', sdl: SDL }])
  if (!composed.ok) throw new Error(JSON.stringify(composed.error))
  const graph = new Graph(acceptEnforced(composed.value))
  known = new KnownOperations()
  known.take(graph)
  for (const query of [MARKET, ME, '{ now }']) known.learn({ query, operationName: null }, parse(query), graph.schema)
})
afterEach(async () => {
  await unfollow()
  await transport.close()
  await cache.close()
})

function identity(userId: string): Identity {
  return { userId, sessionId: 'ses_1', roles: ['TRADER'], scopes: new Set(['trade']), issuedAt: 0, expiresAt: 1 }
}

function userChanged() {
  const data = { userId: 'usr_bob', displayName: 'Bob', roles: [], disabled: false }
  return newEvent('user.changed', data, { id: 'evt_1', source: 'enterprise', time })
}

async function ask(
  text: string,
  options: { symbol?: string; caller?: Identity; body?: string; cacheControl?: string } = {},
) {
  const operation = known.find({ query: text, operationName: null })
  if (!operation?.policy) return null
  const request = {
    operation,
    variables: options.symbol === undefined ? null : { symbol: options.symbol },
    accept: '*/*',
    identity: options.caller ?? null,
  }
  const found = await responses.answer(request, operation.policy, async () => {
    const n = ++executions
    await new Promise((resolve) => setTimeout(resolve, 5))
    const cacheControl = options.cacheControl ?? `max-age=10, ${text === ME ? 'private' : 'public'}`
    return { status: 200, contentType: 'application/json', cacheControl, body: options.body ?? `{"data":{"n":${n}}}` }
  })
  return found && `${found.outcome} ${found.answer.body}`
}

test('an answer is given again while it is young, for the same question only', async () => {
  expect(await ask(MARKET, { symbol: 'A' })).toBe('MISS {"data":{"n":1}}')
  time += 9_999
  expect(await ask(MARKET, { symbol: 'A' })).toBe('HIT {"data":{"n":1}}')
  expect(await ask(MARKET, { symbol: 'B' })).toBe('MISS {"data":{"n":2}}')
})

test('a public answer that is a little old is given once more while one caller’s question fetches the next', async () => {
  await ask(MARKET)
  time += 10_001
  expect(await Promise.all([ask(MARKET), ask(MARKET), ask(MARKET)])).toEqual(Array(3).fill('STALE {"data":{"n":1}}'))
  await expect.poll(() => ask(MARKET)).toBe('HIT {"data":{"n":2}}')
  expect(executions).toBe(2)
  time += 20_001
  expect(await ask(MARKET)).toBe('MISS {"data":{"n":3}}')
})

test('a thousand who ask at once cost one execution', async () => {
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => ask(MARKET)))
  expect(new Set(answers)).toEqual(new Set(['MISS {"data":{"n":1}}']))
  expect(executions).toBe(1)
})

test('what is private is kept for its caller alone, never stale, and forgotten when the caller changes something', async () => {
  expect(await ask(ME)).toBeNull()
  expect(await ask(ME, { caller: alice })).toBe('MISS {"data":{"n":1}}')
  expect(await ask(ME, { caller: alice })).toBe('HIT {"data":{"n":1}}')
  expect(await ask(ME, { caller: identity('usr_bob') })).toBe('MISS {"data":{"n":2}}')
  time += 1
  await responses.changed(alice)
  time += 1
  expect(await ask(ME, { caller: alice })).toBe('MISS {"data":{"n":3}}')
  time += 10_001
  expect(await ask(ME, { caller: alice })).toBe('MISS {"data":{"n":4}}')
})

test('whoever changed something is given nothing from before it, not even what was under way', async () => {
  expect(await ask(MARKET)).toMatch(/^MISS/)
  time += 5
  await responses.changed(alice)
  time += 5
  expect(await ask(MARKET, { caller: identity('usr_bob') })).toBe('HIT {"data":{"n":1}}')
  expect(await ask(MARKET, { caller: alice })).toBe('MISS {"data":{"n":2}}')
  expect(await ask(MARKET)).toBe('HIT {"data":{"n":2}}')
  const before = ask(MARKET, { symbol: 'B' })
  await new Promise((resolve) => setImmediate(resolve))
  time += 5
  await responses.changed(alice)
  expect(await ask(MARKET, { symbol: 'B', caller: alice })).toBe('MISS {"data":{"n":4}}')
  expect(await before).toBe('MISS {"data":{"n":3}}')
})

test('a domain event makes the answers old that hold its types, and no others', async () => {
  await ask(MARKET)
  await ask(ME, { caller: alice })
  await transport.publish([userChanged()])
  expect(await ask(MARKET)).toMatch(/^HIT/)
  expect(await ask(ME, { caller: alice })).toMatch(/^MISS/)
})

test('what began before an event is not kept beyond it', async () => {
  const first = ask(ME, { caller: alice })
  await new Promise((resolve) => setImmediate(resolve))
  await transport.publish([userChanged()])
  await first
  expect(await ask(ME, { caller: alice })).toBe('MISS {"data":{"n":2}}')
})

test('a refusal is its caller’s alone: whoever waited for the same answer asks again', async () => {
  const refused = '{"errors":[{"message":"too much"}]}'
  const [first, ...others] = await Promise.all([ask(MARKET, { body: refused }), ask(MARKET), ask(MARKET)])
  expect(first).toBe(`MISS ${refused}`)
  expect(others).toEqual([null, null])
})

test('an answer with errors, or without data, is given and not kept', async () => {
  for (const body of ['{"errors":[{"message":"no"}],"data":{"market":null}}', '{"errors":[]}', '{"data":null}']) {
    expect(await ask(MARKET, { body })).toBe(`MISS ${body}`)
  }
  expect(executions).toBe(3)
})

test('an answer that a subgraph wants kept for less is not kept', async () => {
  for (const cacheControl of ['no-store', 'max-age=5, public', 'max-age=10, private']) {
    expect(await ask(MARKET, { cacheControl })).toMatch(/^MISS/)
  }
  expect(executions).toBe(3)
})

test('what no hint speaks of is nobody’s but its caller’s', async () => {
  expect(await ask('{ now }')).toBeNull()
  expect(await ask('{ unknown }')).toBeNull()
})

test('a cache that is away makes it slower, and nothing private is kept', async () => {
  await cache.close()
  expect(await ask(MARKET)).toBe('MISS {"data":{"n":1}}')
  expect(await ask(MARKET)).toBe('MISS {"data":{"n":2}}')
  expect(await ask(ME, { caller: alice })).toBeNull()
})
