import { type CloudEvent, type EventData, newEvent } from '@opsource/bus'
import { ManualClock, seededRandom } from '@opsource/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { testPorts } from '../../../../tests/support/ports.ts'
import { openDatabase } from '../database.ts'
import { type RunningEnterprise, runEnterprise } from '../testing/enterprise.ts'
import { pruneTrades } from './index.ts'

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

const origin = (id: string) => ({ source: 'dash33', id, time: clock.now() }) as const
const people = { ann: '', bob: '' }

const credit = (
  engineSequence: number,
  person: keyof typeof people,
  asset: 'BTC' | 'USDT',
  amount: string,
): CloudEvent =>
  newEvent(
    'account.credited',
    {
      engineSequence,
      userId: people[person],
      accountId: `acc_${person}`,
      asset,
      assetScale: asset === 'BTC' ? 8 : 7,
      amount,
      reference: `credit ${engineSequence}`,
      creditedAt: new Date(clock.now()).toISOString(),
    },
    origin(`credit-${engineSequence}`),
  )

function trade(engineSequence: number, given: Partial<EventData<'trade.executed'>> = {}): CloudEvent {
  const party = (person: keyof typeof people, fee: string) => ({
    userId: people[person],
    accountId: `acc_${person}`,
    orderId: `ord_${person}`,
    clientOrderId: `c-${engineSequence}`,
    fee,
  })
  const tradeId = `trd_${String(engineSequence).padStart(6, '0')}`
  const data: EventData<'trade.executed'> = {
    engineSequence,
    tradeId,
    symbol: 'BTC-USDT',
    baseAsset: 'BTC',
    quoteAsset: 'USDT',
    baseScale: 8,
    quoteScale: 7,
    baseAmount: '1000000',
    quoteAmount: '6183763000',
    price: '61837.63',
    quantity: '0.01000',
    takerSide: 'BUY',
    buyer: party('ann', '500'),
    seller: party('bob', '1236753'),
    executedAt: new Date(clock.now()).toISOString(),
    ...given,
  }
  return newEvent('trade.executed', data, origin(tradeId))
}

const BOOK = '{ bookOfRecord { watermark tradeCount accounts { accountId asset total } } }'
const TRADES = `query ($first: Int, $after: String) { recordedTrades(first: $first, after: $after) {
  edges { node { tradeId price quantity executedAt buyer { id } seller { id } } } pageInfo { hasNextPage endCursor } } }`

async function book() {
  const { accessToken } = await enterprise.logIn('operator')
  const { data } = await enterprise.ask(BOOK, {}, accessToken)
  const { accounts, ...rest } = data.bookOfRecord
  const totals = Object.fromEntries(
    accounts.map((each: { accountId: string; asset: string; total: string }) => [
      `${each.accountId} ${each.asset}`,
      each.total,
    ]),
  )
  return { ...rest, totals }
}

describe('the book of record', () => {
  it('begins empty', async () => {
    expect(await book()).toEqual({ watermark: 0, tradeCount: 0, totals: {} })
  })

  it('adds up credits, trades and fees to the last unit, as of one watermark', async () => {
    people.ann = (await enterprise.logIn('trader')).userId
    people.bob = (await enterprise.logIn('analyst')).userId
    await enterprise.ports.transport.publish([
      credit(1, 'ann', 'USDT', '100000000000'),
      credit(2, 'bob', 'BTC', '200000000'),
      trade(7),
    ])
    expect(await book()).toEqual({
      watermark: 7,
      tradeCount: 1,
      totals: {
        'acc_ann BTC': '0.00999500',
        'acc_ann USDT': '9381.6237000',
        'acc_bob BTC': '1.99000000',
        'acc_bob USDT': '618.2526247',
        'external BTC': '-2.00000000',
        'external USDT': '-10000.0000000',
        'fees BTC': '0.00000500',
        'fees USDT': '0.1236753',
      },
    })
  })

  it('is the same however often and in whatever company an event is delivered', async () => {
    const before = await book()
    const again = [trade(7), credit(2, 'bob', 'BTC', '200000000'), trade(7), credit(1, 'ann', 'USDT', '100000000000')]
    await enterprise.ports.transport.publish(again)
    await enterprise.ports.transport.publish([...again].reverse())
    expect(await book()).toEqual(before)
  })

  it('counts a trade once even where its event comes under another id', async () => {
    const before = await book()
    await enterprise.ports.transport.publish([{ ...trade(7), id: 'told-anew' }])
    expect(await book()).toEqual(before)
  })

  it('sets a broken event aside and takes the rest', async () => {
    const before = await book()
    const broken = { ...trade(8), data: { ...(trade(8).data as object), baseAmount: '1e3' } }
    await enterprise.ports.transport.publish([broken, trade(9)])
    expect(await book()).toMatchObject({ watermark: 9, tradeCount: before.tradeCount + 1 })
  })

  it('conserves every asset over many trades that come in any cut, twice', async () => {
    const random = seededRandom(7)
    const amount = (limit: number) => String(1 + Math.floor(random.next() * limit))
    const trades = Array.from({ length: 600 }, (_, i) =>
      trade(100 + i, { baseAmount: amount(1e9), quoteAmount: amount(1e12), takerSide: i % 2 ? 'BUY' : 'SELL' }),
    )
    for (let at = 0; at < trades.length; at += 37) await enterprise.ports.transport.publish(trades.slice(at, at + 50))
    const { totals, tradeCount, watermark } = await book()
    expect({ tradeCount, watermark }).toEqual({ tradeCount: 602, watermark: 699 })
    for (const asset of ['BTC', 'USDT']) {
      const sum = Object.entries(totals)
        .filter(([key]) => key.endsWith(asset))
        .reduce((total, [, text]) => total + BigInt(String(text).replace('.', '')), 0n)
      expect(sum).toBe(0n)
    }
  })

  it('is for the back office only', async () => {
    const { accessToken } = await enterprise.logIn('trader')
    expect((await enterprise.ask(BOOK, {}, accessToken)).errors[0].extensions.code).toBe('FORBIDDEN')
    expect((await enterprise.ask(BOOK)).errors[0].extensions.code).toBe('UNAUTHENTICATED')
  })
})

describe('a trade on record', () => {
  it('is listed newest first, each once, over pages', async () => {
    const { accessToken } = await enterprise.logIn('trader')
    const ids: string[] = []
    let after: string | null = null
    let more = true
    while (more) {
      const { data } = await enterprise.ask(TRADES, { first: 100, after }, accessToken)
      ids.push(...data.recordedTrades.edges.map(({ node }: { node: { tradeId: string } }) => node.tradeId))
      more = data.recordedTrades.pageInfo.hasNextPage
      after = data.recordedTrades.pageInfo.endCursor
    }
    expect(ids).toHaveLength(602)
    expect(ids).toEqual([...new Set(ids)].sort().reverse())
  })

  it('shows the parties to themselves and to the back office, and nothing to strangers', async () => {
    const [ann, bob] = [await enterprise.logIn('trader'), await enterprise.logIn('analyst')]
    const newest = async (token: string) =>
      (await enterprise.ask(TRADES, { first: 1 }, token)).data.recordedTrades.edges[0]?.node
    expect(await newest(ann.accessToken)).toMatchObject({ buyer: { id: people.ann }, seller: null })
    expect(await newest(bob.accessToken)).toMatchObject({ buyer: null, seller: { id: people.bob } })
    const operator = await enterprise.logIn('operator')
    expect(await newest(operator.accessToken)).toMatchObject({ buyer: { id: people.ann }, seller: { id: people.bob } })
    const admin = await enterprise.ask(EXCHANGE, { apiKey: 'opk_demo_market_maker' })
    expect(await newest(admin.data.exchangeApiKey.accessToken)).toBeUndefined()
  })

  it('with oneself comes once', async () => {
    const { accessToken, userId } = await enterprise.logIn('operator')
    const self = { userId, accountId: 'acc_op', orderId: 'ord_op', clientOrderId: 'c', fee: '0' }
    await enterprise.ports.transport.publish([trade(900, { buyer: self, seller: self })])
    const { data } = await enterprise.ask(TRADES, { first: 2 }, accessToken)
    expect(data.recordedTrades.edges.map(({ node }: { node: { tradeId: string } }) => node.tradeId)).toEqual([
      'trd_000900',
      'trd_000699',
    ])
  })

  it('goes when enough newer ones are kept, and the totals stay', async () => {
    const before = await book()
    const own = openDatabase(database.url)
    expect(await pruneTrades(own, 10)).toBe(593)
    expect(await pruneTrades(own, 10)).toBe(0)
    await own.$disconnect()
    expect(await book()).toEqual(before)
    const { accessToken } = await enterprise.logIn('operator')
    const { data } = await enterprise.ask(TRADES, { first: 100 }, accessToken)
    expect(data.recordedTrades.edges).toHaveLength(10)
  })
})

describe('the watermark', () => {
  it('comes to a command only with the last of its trades', async () => {
    const { transport } = enterprise.ports
    await transport.publish([trade(949), trade(950, { moreFollow: true })])
    expect((await book()).watermark).toBe(949)
    const second = trade(950, { tradeId: 'trd_000950b' })
    await transport.publish([{ ...second, id: 'trd_000950b' }])
    expect((await book()).watermark).toBe(950)
  })
})

const EXCHANGE = `mutation ($apiKey: String!) { exchangeApiKey(input: { apiKey: $apiKey }) { ... on AccessTokenIssued { accessToken } } }`
