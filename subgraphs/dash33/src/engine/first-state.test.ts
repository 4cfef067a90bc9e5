import { describe, expect, it } from 'vitest'
import { hashState, isCurrentState, readState, writeState } from './canonical.ts'
import { checkInvariants } from './core/invariants.ts'
import { Engine } from './engine.ts'

/** As the first exchange wrote it: ann rests a buy of 10 of which 4 traded, bob's sale is closed and remembered. */
const FIRST_STATE = {
  version: 1,
  sequence: 9,
  time: 1_700_000_000_000,
  digest: '0123456789abcdef',
  supply: [
    ['BTC', 100_000],
    ['USDT', 100_000],
    ['ETH', 0],
  ],
  fees: [
    ['BTC', 1],
    ['USDT', 1],
    ['ETH', 0],
  ],
  accounts: [
    [
      'ann',
      'user of ann',
      [
        ['BTC', 3_999, 0],
        ['USDT', 97_000, 600],
      ],
    ],
    [
      'bob',
      'user of bob',
      [
        ['BTC', 96_000, 0],
        ['USDT', 2_399, 0],
      ],
    ],
  ],
  credits: [
    ['bob BTC', 1, 'BTC', 100_000],
    ['ann USDT', 0, 'USDT', 100_000],
  ],
  markets: [
    {
      symbol: 'BTC-USDT',
      status: 'TRADING',
      recording: { dataSet: 'aug', segment: 'a', pass: 2 },
      played: [['aug', { pass: 2, repetition: 1, segments: ['a'] }]],
      bids: [[0, 0, 7, 5, 'mine', 'BUY', 'LIMIT', 'GTC', 100, 10, 6, 400, 'PARTIALLY_FILLED', 'OPEN', []]],
      asks: [],
    },
    { symbol: 'ETH-USDT', status: 'PAUSED', recording: null, played: [], bids: [], asks: [] },
  ],
  closed: [[1, 0, 8, 6, 'his', 'SELL', 'LIMIT', 'IOC', 100, 4, 0, 400, 'FILLED', 'FILLED', [[100, 4, 1]]]],
}

function upgraded(): Engine {
  const written = Buffer.from(JSON.stringify(FIRST_STATE))
  expect(isCurrentState(written)).toBe(false)
  const engine = new Engine()
  readState(written, engine)
  return engine
}

describe('a state of the first exchange', () => {
  it('is read: orders rest, holds stand, numbers go on', () => {
    const engine = upgraded()
    checkInvariants(engine.state.exchange)
    expect(engine.state.markets.get('BTC-USDT')!.levels('BUY')).toEqual([[100, 6]])
    expect(engine.state.markets.get('ETH-USDT')!.status).toBe('PAUSED')
    expect(engine.state.digest.hex()).toBe('0123456789abcdef')
    const cancel = { kind: 'CANCEL', accountId: 'ann', orderId: 'ord_00000000007' } as const
    const { acks, batch } = engine.applyBatch([cancel], 1_700_000_000_001)
    expect(acks).toMatchObject([{ kind: 'CANCELLED', engineSequence: 10, order: { filledQuantity: 4, quantity: 10 } }])
    expect(batch.balances).toEqual([{ accountId: 'ann', asset: 'USDT', available: 97_600, held: 0 }])
    expect(batch.levels).toEqual([{ symbol: 'BTC-USDT', side: 'BUY', price: 100, quantity: 0 }])
  })

  it('is written anew in the present form, and stays the same', () => {
    const engine = upgraded()
    const written = writeState(engine.state)
    expect(isCurrentState(written)).toBe(true)
    const again = new Engine()
    readState(written, again)
    expect(hashState(writeState(again.state))).toBe(hashState(written))
  })

  it('still answers for the client order ids that it remembered', () => {
    const { acks } = upgraded().applyBatch(
      [
        {
          ...{ kind: 'PLACE', accountId: 'bob', clientOrderId: 'his', symbol: 'BTC-USDT', side: 'SELL' },
          ...{ type: 'LIMIT', timeInForce: 'IOC', price: 100, quantity: 4, stopPrice: null, trailingAmount: null },
          ...{ trailingBps: null, displayQuantity: null, postOnly: false, expiresAt: null },
          selfTradePrevention: 'EXPIRE_TAKER',
        },
      ],
      1_700_000_000_001,
    )
    expect(acks).toMatchObject([
      {
        kind: 'PLACED',
        replayed: true,
        order: { orderId: 'ord_00000000008', status: 'FILLED' },
        fills: [{ price: 100, quantity: 4, fee: 1 }],
      },
    ])
  })
})
