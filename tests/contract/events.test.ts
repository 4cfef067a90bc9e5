import { type EventData, type EventType, eventConsumers, eventContracts, newEvent, parseEvent } from '@opsource/bus'
import { describe, expect, it } from 'vitest'

const at = '2024-08-08T12:00:00.000Z'
const party = { userId: 'usr_1', accountId: 'acc_1', orderId: 'ord_1', clientOrderId: 'mine-1', fee: '4' }

/** One true example of every event, as its publisher writes it. A new type without one does not type-check. */
const examples: { [T in EventType]: EventData<T> } = {
  'user.registered': {
    userId: 'usr_1',
    email: 'ada@example.org',
    displayName: 'Ada',
    kind: 'PERSON',
    roles: ['TRADER'],
  },
  'user.changed': { userId: 'usr_1', displayName: 'Ada', roles: ['TRADER'], disabled: false },
  'session.revoked': { userId: 'usr_1', sessionId: null, revokedAt: at, expiresAt: at },
  'account.credited': {
    engineSequence: 7,
    userId: 'usr_1',
    accountId: 'acc_1',
    asset: 'USDT',
    assetScale: 7,
    amount: '1000000000000',
    reference: 'demo',
    creditedAt: at,
  },
  'trade.executed': {
    engineSequence: 8,
    tradeId: 'trd_1',
    symbol: 'BTC-USDT',
    baseAsset: 'BTC',
    quoteAsset: 'USDT',
    baseScale: 8,
    quoteScale: 7,
    baseAmount: '1000',
    quoteAmount: '6183763000',
    price: '61837.63',
    quantity: '0.00001',
    takerSide: 'BUY',
    buyer: party,
    seller: { ...party, userId: 'usr_2', accountId: 'acc_2', orderId: 'ord_2' },
    executedAt: at,
  },
  'order.filled': {
    engineSequence: 8,
    fillId: 'trd_1:BUY',
    tradeId: 'trd_1',
    orderId: 'ord_1',
    clientOrderId: 'mine-1',
    userId: 'usr_1',
    accountId: 'acc_1',
    symbol: 'BTC-USDT',
    side: 'BUY',
    liquidity: 'TAKER',
    price: '61837.63',
    quantity: '0.00001',
    remainingQuantity: '0',
    status: 'FILLED',
    executedAt: at,
  },
  'venue.setting-changed': {
    engineSequence: 9,
    setting: 'KILL_SWITCH',
    target: 'BTC-USDT',
    before: '{"scope":"MARKET","engaged":false}',
    after: '{"scope":"MARKET","engaged":true}',
    changedBy: 'usr_1',
    reason: 'a drill',
    changedAt: at,
  },
  'model.alias-changed': {
    model: 'mid-direction',
    alias: 'champion',
    action: 'PROMOTED',
    fromVersion: 1,
    toVersion: 2,
    changedBy: 'usr_1',
    reason: 'beats the rule',
    changedAt: at,
  },
  'prediction.made': {
    predictionId: 'prd_1',
    symbol: 'BTC-USDT',
    model: 'mid-direction',
    modelVersion: 1,
    direction: 'UP',
    probability: 0.61,
    horizonMs: 10_000,
    inSample: true,
    madeAt: at,
  },
  'anomaly.detected': {
    anomalyId: 'ano_1',
    symbol: null,
    measure: 'event loop delay',
    value: 120,
    score: 0.7,
    severity: 'HIGH',
    usualFrom: 1,
    usualTo: 12,
    explanation: 'event loop delay is 120, above what it was lately: usually 1 to 12',
    detectedAt: at,
  },
}
const types = Object.keys(eventContracts) as EventType[]
const origin = { source: 'dash33', id: 'evt_1', time: Date.parse(at) } as const
const made = (type: EventType) => newEvent(type, examples[type], origin)

describe('every event', () => {
  it.each(types)('%s crosses as text and is what its contract says on the other side', (type) => {
    const arrived = parseEvent(JSON.parse(JSON.stringify(made(type))), [type])
    expect(arrived).toEqual({ ...made(type), type })
    expect(arrived.data).toEqual(examples[type])
  })

  it.each(types)('%s is refused when any one of its fields is missing or of another kind', (type) => {
    const event = made(type)
    for (const field of Object.keys(examples[type])) {
      const without = { ...examples[type], [field]: undefined }
      expect(() => parseEvent({ ...event, data: without }, [type]), `without ${field}`).toThrow()
      expect(
        () => parseEvent({ ...event, data: { ...without, [field]: { other: 1 } } }, [type]),
        `other ${field}`,
      ).toThrow()
    }
  })

  it.each(types)('%s may gain fields without breaking who reads it today', (type) => {
    const newer = { ...made(type), data: { ...examples[type], addedLater: 'yes' } }
    expect(parseEvent(newer, [type]).data).toEqual(examples[type])
  })
})

describe('a publisher', () => {
  it('cannot send money as a number or with a point', () => {
    for (const amount of ['1.5', '1e3', '-', '', '9'.repeat(39)]) {
      expect(() => newEvent('account.credited', { ...examples['account.credited'], amount }, origin)).toThrow()
    }
  })
})

describe('a consumer', () => {
  it('does not take a type that it did not ask for', () => {
    expect(() => parseEvent(made('user.changed'), ['user.registered'])).toThrow('is none of')
  })
  it('keeps a queue of known types only, each once', () => {
    for (const wanted of Object.values(eventConsumers)) {
      expect(new Set(wanted).size).toBe(wanted.length)
      for (const type of wanted) expect(types).toContain(type)
    }
  })
})
