import { type CloudEvent, newEvent } from '@opsource/bus'
import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import type { Subgraph } from '@opsource/subgraph'
import { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type TestPorts, testPorts } from '../../../../tests/support/ports.ts'
import { startMobile } from '../index.ts'
import { NOTIFICATIONS_KEPT, notify } from './index.ts'

const clock = new ManualClock(1_750_000_000_000)
let database: FreshDatabase
let ports: TestPorts
let mobile: Subgraph
let user = 0
let userId = ''
let token = ''

beforeAll(async () => {
  database = await freshDatabase('mobile')
  ports = testPorts({ databaseUrl: database.url, clock })
  mobile = await startMobile(ports)
})
afterAll(async () => {
  await mobile.stop()
  await Promise.all([ports.transport.close(), ports.cache.close()])
  await database.drop()
})
beforeEach(async () => {
  userId = `usr_${++user}`
  token = await ports.token({ userId, roles: ['TRADER'] })
  await ports.transport.publish([registered(userId, 'PERSON')])
})

const registered = (id: string, kind: 'PERSON' | 'SERVICE'): CloudEvent =>
  newEvent(
    'user.registered',
    { userId: id, email: '', displayName: id, kind, roles: ['TRADER'] },
    { source: 'enterprise', id: `${id} ${kind}`, time: clock.now() },
  )

const fill = (id: string, number: number): CloudEvent =>
  newEvent(
    'order.filled',
    {
      engineSequence: number,
      fillId: `fil_${number}`,
      tradeId: `trd_${number}`,
      orderId: `ord_${number}`,
      clientOrderId: `c-${number}`,
      userId: id,
      accountId: `acc_${id}`,
      symbol: 'BTC-USDT',
      side: 'BUY',
      liquidity: 'TAKER',
      price: '61837.63',
      quantity: `0.${String(number).padStart(5, '0')}`,
      remainingQuantity: '0.00000',
      status: 'FILLED',
      executedAt: new Date(clock.now()).toISOString(),
    },
    { source: 'dash33', id: `${id} ${number}`, time: clock.now() },
  )
const anomaly = (number: number, symbol: string | null, severity: 'MEDIUM' | 'HIGH' = 'HIGH'): CloudEvent =>
  newEvent(
    'anomaly.detected',
    {
      ...{ anomalyId: `ano_${number}`, symbol, measure: 'spread', value: 0.01, score: 0.9, severity },
      ...{ usualFrom: 0.001, usualTo: 0.002, explanation: 'spread is 0.01, usually 0.001 to 0.002' },
      detectedAt: new Date(clock.now()).toISOString(),
    },
    { source: 'anya', id: `ano_${number}`, time: clock.now() },
  )
const fills = (id: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => fill(id, from + i))

type Answer = ReturnType<typeof JSON.parse>
async function ask(query: string, variables: object = {}, bearer: string | null = token): Promise<Answer> {
  const headers: Record<string, string> = bearer ? { authorization: `Bearer ${bearer}` } : {}
  return JSON.parse(await mobile.execute({ body: JSON.stringify({ query, variables }), headers }))
}

const LIST = `query ($first: Int, $after: String) { notifications(first: $first, after: $after) {
  edges { node { id sequence kind title body order { id } createdAt readAt } } pageInfo { hasNextPage endCursor } } }`
const nodes = (answer: Answer) => answer.data.notifications.edges.map(({ node }: Answer) => node)
const sequences = async () =>
  nodes(await ask(LIST, { first: 100 })).map(({ sequence }: { sequence: number }) => sequence)

/** Opens the subscription; `take` collects the next results. */
function listen(after: number | null, subgraph = mobile) {
  const query = `subscription ($after: Sequence) { notificationReceived(after: $after) { sequence title } }`
  const body = JSON.stringify({ query, variables: { after } })
  const results = subgraph.subscribe({ body, headers: { authorization: `Bearer ${token}` } })
  const take = async (count: number): Promise<Answer[]> => {
    const taken: Answer[] = []
    while (taken.length < count) {
      const { done, value } = await results.next()
      if (done) break
      const { data, errors } = JSON.parse(value)
      taken.push(errors ? errors[0].extensions.code : data.notificationReceived.sequence)
    }
    return taken
  }
  return { take, end: () => results.return?.() }
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('a fill', () => {
  it('is told to the person whose order it was, in plain words', async () => {
    await ports.transport.publish([fill(userId, 1000)])
    expect(nodes(await ask(LIST))).toEqual([
      {
        id: expect.stringMatching(/^ntf_/),
        sequence: 1,
        kind: 'ORDER_FILLED',
        title: 'Bought 0.01000 BTC at 61837.63',
        body: 'Your order to buy BTC for USDT is filled.',
        order: { id: 'ord_1000' },
        createdAt: new Date(clock.now()).toISOString(),
        readAt: null,
      },
    ])
  })

  it('is told once, however often it is delivered', async () => {
    await ports.transport.publish([fill(userId, 1), fill(userId, 2), fill(userId, 1)])
    await ports.transport.publish([fill(userId, 2), fill(userId, 3)])
    expect(await sequences()).toEqual([3, 2, 1])
  })

  it('is not told to programs', async () => {
    await ports.transport.publish([registered('usr_bot', 'SERVICE'), fill('usr_bot', 1)])
    const bot = await ports.token({ userId: 'usr_bot', roles: ['TRADER'] })
    expect(nodes(await ask(LIST, {}, bot))).toEqual([])
  })

  it('that is ahead of the news of its user is told, and taken back where that is a program', async () => {
    const [late, bot] = ['usr_late', 'usr_late_bot']
    await ports.transport.publish([fill(late, 1), fill(bot, 1), registered(late, 'PERSON'), registered(bot, 'SERVICE')])
    await ports.transport.publish([fill(late, 2), fill(bot, 2)])
    token = await ports.token({ userId: late, roles: ['TRADER'] })
    expect(await sequences()).toEqual([2, 1])
    token = await ports.token({ userId: bot, roles: ['TRADER'] })
    expect(await sequences()).toEqual([])
  })
})

describe('what is very unusual about a market', () => {
  const WATCH = `mutation ($symbols: [String!]!) { watchMarkets(input: { symbols: $symbols }) {
    ... on MarketsWatched { markets { symbol } } ... on Refusal { code } ... on InvalidInput { field } } }`
  const watch = async (symbols: string[], bearer = token) => (await ask(WATCH, { symbols }, bearer)).data.watchMarkets
  const LISTED = `{ notifications { edges { node { kind title body order { id } anomaly { id } market { symbol } } } } }`
  const watched = async (bearer: string) => {
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { watchedMarkets { symbol } } } }`
    return (await ask(query, { r: [{ __typename: 'User', id: userId }] }, bearer)).data._entities[0].watchedMarkets
  }

  it('is told to those who watch the market, in order with their fills, and to nobody else', async () => {
    const stranger = await ports.token({ userId: 'usr_elsewhere', roles: ['TRADER'] })
    const bot = await ports.token({ userId: 'usr_watching_bot', roles: ['TRADER'] })
    await ports.transport.publish([registered('usr_watching_bot', 'SERVICE')])
    await watch(['BTC-USDT'])
    await watch(['ETH-USDT'], stranger)
    await watch(['BTC-USDT'], bot)
    const first = user * 1_000
    await ports.transport.publish([
      anomaly(first, 'BTC-USDT'),
      fill(userId, 1),
      anomaly(first + 1, 'BTC-USDT', 'MEDIUM'),
      anomaly(first + 2, null),
      anomaly(first, 'BTC-USDT'),
    ])
    expect(nodes(await ask(LISTED))).toEqual([
      expect.objectContaining({ kind: 'ORDER_FILLED', order: { id: 'ord_1' }, anomaly: null, market: null }),
      {
        ...{ kind: 'MARKET_ANOMALY', order: null, anomaly: { id: `ano_${first}` }, market: { symbol: 'BTC-USDT' } },
        title: 'Very unusual spread in BTC-USDT',
        body: 'Spread is 0.01, usually 0.001 to 0.002.',
      },
    ])
    expect(nodes(await ask(LISTED, {}, stranger))).toEqual([])
    expect(nodes(await ask(LISTED, {}, bot))).toEqual([])
  })

  it('is told no more once the market is watched no more', async () => {
    expect(await watch(['ETH-USDT', 'BTC-USDT'])).toEqual({ markets: [{ symbol: 'BTC-USDT' }, { symbol: 'ETH-USDT' }] })
    expect(await watch(['ETH-USDT'])).toEqual({ markets: [{ symbol: 'ETH-USDT' }] })
    await ports.transport.publish([anomaly(user * 1_000, 'BTC-USDT'), anomaly(user * 1_000 + 1, 'ETH-USDT')])
    expect(nodes(await ask(LISTED)).map(({ market }: Answer) => market.symbol)).toEqual(['ETH-USDT'])
    expect(await watch([])).toEqual({ markets: [] })
    await ports.transport.publish([anomaly(user * 1_000 + 2, 'ETH-USDT')])
    expect(await sequences()).toEqual([1])
  })

  it('is asked for by lists that can be read, which are their owner’s', async () => {
    await watch(['BTC-USDT'])
    expect(await watch(['bitcoin'])).toEqual({ code: 'INVALID_INPUT', field: 'input.symbols' })
    expect(await watched(token)).toEqual([{ symbol: 'BTC-USDT' }])
    expect(await watched(await ports.token({ userId: 'usr_stranger', roles: ['ADMIN'] }))).toBeNull()
    const anonymous = await ask(WATCH, { symbols: [] }, null)
    expect(anonymous.errors[0].extensions.code).toBe('UNAUTHENTICATED')
  })

  it('is one list where several are set at once', async () => {
    const lists = [['BTC-USDT'], ['ETH-USDT'], ['BTC-USDT', 'SOL-USDT'], []]
    await Promise.all(lists.map((symbols) => watch(symbols)))
    const kept = (await watched(token)).map(({ symbol }: { symbol: string }) => symbol)
    expect(lists).toContainEqual(kept)
  })
})

describe('the numbers of a user’s notifications', () => {
  it('have no gap and no double where many write at once and some fail', async () => {
    const pool = new Pool({ ...poolConfig(database.url), max: 8 })
    const users = Array.from({ length: 5 }, (_, i) => `${userId}_${i}`)
    const write = async (batch: number) => {
      const client = await pool.connect()
      await client.query('BEGIN')
      const events = users.flatMap((each) => [fill(each, batch), fill(each, batch)]).sort(() => (batch % 2) - 0.5)
      await notify(
        client,
        events.map((event) => ({ ...event, type: 'order.filled' as const, data: dataOf(event) })),
        ports,
      )
      await client.query(batch % 10 === 0 ? 'ROLLBACK' : 'COMMIT')
      client.release()
    }
    await Promise.all(range(1, 100).map(write))
    const { rows } = await pool.query(
      `SELECT user_id, count(*)::int AS count, min(sequence)::int AS min, max(sequence)::int AS max, count(DISTINCT sequence)::int AS different
       FROM notification WHERE user_id = ANY($1) GROUP BY user_id ORDER BY user_id`,
      [users],
    )
    expect(rows).toEqual(users.map((each) => ({ user_id: each, count: 180, min: 1, max: 180, different: 180 })))
    await pool.end()
  })

  it('go on when the oldest are dropped', async () => {
    const total = NOTIFICATIONS_KEPT + 50
    for (const from of range(0, 20)) await ports.transport.publish(fills(userId, from * 50 + 1, from * 50 + 50))
    const { rows } = await withPool((pool) =>
      pool.query('SELECT count(*)::int, min(sequence)::int, max(sequence)::int FROM notification WHERE user_id = $1', [
        userId,
      ]),
    )
    expect(rows).toEqual([{ count: NOTIFICATIONS_KEPT, min: 51, max: total }])
  })
})

describe('the list', () => {
  it('comes in pages, newest first, and belongs to its owner', async () => {
    await ports.transport.publish(fills(userId, 1, 7))
    const first = await ask(LIST, { first: 4 })
    const second = await ask(LIST, { first: 4, after: first.data.notifications.pageInfo.endCursor })
    expect([...nodes(first), ...nodes(second)].map(({ sequence }) => sequence)).toEqual([7, 6, 5, 4, 3, 2, 1])
    expect(second.data.notifications.pageInfo.hasNextPage).toBe(false)
    const entity = `query ($r: [_Any!]!) { _entities(representations: $r) {
      ... on User { notifications(first: 1) { edges { node { sequence } } } devices { id } } ... on Notification { sequence } } }`
    const [notification] = nodes(first)
    const representations = [
      { __typename: 'User', id: userId },
      { __typename: 'Notification', id: notification.id },
    ]
    const own = await ask(entity, { r: representations })
    expect(own.data._entities).toEqual([
      { notifications: { edges: [{ node: { sequence: 7 } }] }, devices: [] },
      { sequence: 7 },
    ])
    const stranger = await ports.token({ userId: 'usr_stranger', roles: ['ADMIN'] })
    const strange = await ask(entity, { r: representations }, stranger)
    expect(strange.data._entities).toEqual([{ notifications: null, devices: null }, null])
    expect((await ask(LIST, {}, null)).errors[0].extensions.code).toBe('UNAUTHENTICATED')
    expect((await ask(LIST, { after: 'x' })).errors[0].extensions.code).toBe('BAD_USER_INPUT')
  })

  it('is marked as read up to one of them', async () => {
    await ports.transport.publish(fills(userId, 1, 4))
    const mark = `mutation ($upTo: ID!) { markNotificationsRead(upTo: $upTo) { ... on NotificationsRead { count } ... on Refusal { code } } }`
    const third = nodes(await ask(LIST)).find(({ sequence }: { sequence: number }) => sequence === 3)
    expect((await ask(mark, { upTo: third.id })).data.markNotificationsRead).toEqual({ count: 3 })
    expect((await ask(mark, { upTo: third.id })).data.markNotificationsRead).toEqual({ count: 0 })
    expect(nodes(await ask(LIST)).map(({ readAt }: { readAt: string | null }) => readAt !== null)).toEqual([
      false,
      true,
      true,
      true,
    ])
    const stranger = await ports.token({ userId: 'usr_stranger', roles: ['TRADER'] })
    expect((await ask(mark, { upTo: third.id }, stranger)).data.markNotificationsRead.code).toBe('UNKNOWN_NOTIFICATION')
  })
})

describe('the subscription', () => {
  it('begins with the next notification, and hears of nobody else’s', async () => {
    await ports.transport.publish(fills(userId, 1, 2))
    const reader = listen(null)
    const taken = reader.take(2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await ports.transport.publish([fill('usr_other', 1), fill(userId, 3), fill('usr_other', 2), fill(userId, 4)])
    expect(await taken).toEqual([3, 4])
    await reader.end()
  })

  it('catches up from where the reader was and goes on live, without a gap or a double', async () => {
    await ports.transport.publish(fills(userId, 1, 150))
    const reader = listen(20)
    const taken = reader.take(230)
    for (const from of range(0, 9)) await ports.transport.publish(fills(userId, 151 + from * 10, 160 + from * 10))
    expect(await taken).toEqual(range(21, 250))
    await reader.end()
  })

  it('hears what another instance writes', async () => {
    const other = await startMobile({
      ...testPorts({ databaseUrl: database.url, clock, seed: 9 }),
      cache: ports.cache,
      verifier: ports.verifier,
    })
    const reader = listen(0, other)
    const taken = reader.take(3)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await ports.transport.publish(fills(userId, 1, 3))
    expect(await taken).toEqual([1, 2, 3])
    await other.stop()
    expect(await reader.take(1)).toEqual([])
  })

  it('ends with SUBSCRIPTION_GAP where the next one is no longer kept, or was never there', async () => {
    for (const from of range(0, 20)) await ports.transport.publish(fills(userId, from * 50 + 1, from * 50 + 50))
    expect(await listen(49).take(2)).toEqual(['SUBSCRIPTION_GAP'])
    const kept = listen(50)
    expect(await kept.take(3)).toEqual([51, 52, 53])
    await kept.end()
    expect(await listen(99_999).take(2)).toEqual(['SUBSCRIPTION_GAP'])
  })

  it('ends a reader that falls a thousand behind, and holds nothing for it meanwhile', async () => {
    await ports.transport.publish(fills(userId, 1, 1))
    const slow = listen(0)
    expect(await slow.take(1)).toEqual([1])
    for (const from of range(0, 21)) await ports.transport.publish(fills(userId, from * 50 + 2, from * 50 + 51))
    expect(await slow.take(1)).toEqual(['SUBSCRIPTION_GAP'])
  })

  it('ends while it waits', async () => {
    const reader = listen(null)
    const taken = reader.take(1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await reader.end()
    expect(await taken).toEqual([])
  })

  it('is for those who are logged in', async () => {
    const body = JSON.stringify({ query: 'subscription { notificationReceived { sequence } }' })
    const { value } = await mobile.subscribe({ body, headers: {} }).next()
    expect(JSON.parse(value).errors[0].extensions.code).toBe('UNAUTHENTICATED')
  })
})

function dataOf(event: CloudEvent): Answer {
  return event.data
}

async function withPool<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool(poolConfig(database.url))
  return work(pool).finally(() => pool.end())
}
