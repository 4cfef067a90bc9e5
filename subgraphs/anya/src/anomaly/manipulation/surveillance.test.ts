import { describe, expect, it } from 'vitest'
import { Amendments } from './amendments.ts'
import { EvidenceRoom } from './evidence.ts'
import type { Amended, OrderFlowEvent, Side, Suspicion } from './order-flow.ts'
import { Surveillance } from './surveillance.ts'

const symbol = 'BTC-USDT'
const names = (time: number, orderId: string, accountId: string, side: Side) => ({
  time,
  symbol,
  orderId,
  accountId,
  side,
})
const place = (time: number, orderId: string, side: Side, price: number, quantity: number, accountId = 'acc_a') =>
  ({ type: 'ORDER_ACCEPTED', ...names(time, orderId, accountId, side), price, quantity }) as const
const withdraw = (time: number, orderId: string, side: Side, accountId = 'acc_a') =>
  ({ type: 'ORDER_CANCELLED', ...names(time, orderId, accountId, side), reason: 'REQUESTED' }) as const
const trade = (
  time: number,
  tradeId: string,
  quantity: number,
  maker: string,
  taker: string,
  takerSide: Side,
  makerOrder = `${tradeId}m`,
) =>
  ({
    type: 'TRADE',
    time,
    symbol,
    tradeId,
    price: 100,
    quantity,
    takerSide,
    maker: { accountId: maker, userId: `usr_${maker}`, orderId: makerOrder },
    taker: { accountId: taker, userId: `usr_${taker}`, orderId: `${tradeId}t` },
  }) as const

function found(events: readonly OrderFlowEvent[]): Suspicion[] {
  const surveillance = new Surveillance()
  return events.flatMap((event) => surveillance.observe(event))
}

/** A small offer is lifted while a large bid stands behind it, which then goes. */
const spoof = (quantity = 100, withdrawnAt = 1_900): OrderFlowEvent[] => [
  place(1_000, 'ask', 'SELL', 101, 5),
  place(1_200, 'big', 'BUY', 99, quantity),
  trade(1_500, 'trd', 5, 'acc_a', 'acc_b', 'BUY', 'ask'),
  withdraw(withdrawnAt, 'big', 'BUY'),
]

describe('spoofing', () => {
  it('is a large order that goes untraded once its owner has traded on the other side, with the evidence', () => {
    const [suspicion, ...more] = found(spoof())
    expect(more).toEqual([])
    expect(suspicion).toMatchObject({
      kind: 'SPOOFING',
      accountIds: ['acc_a'],
      orderIds: ['big', 'ask'],
      tradeIds: ['trd'],
      from: 1_200,
      to: 1_900,
    })
  })

  it.each([
    ['the order is of the size that its owner trades', spoof(20)],
    ['the order stays', spoof(100, 9_000)],
    [
      'the order is withdrawn by a rule',
      spoof().map((event) => (event.type === 'ORDER_CANCELLED' ? { ...event, reason: 'OTHER' as const } : event)),
    ],
    ['the order trades in part', spoof().toSpliced(2, 0, trade(1_400, 'part', 1, 'acc_a', 'acc_c', 'SELL', 'big'))],
    [
      'the trade is on its own side',
      spoof().map((event) => (event.type === 'TRADE' ? { ...event, takerSide: 'SELL' as const } : event)),
    ],
    ['nothing traded', spoof().filter(({ type }) => type !== 'TRADE')],
    [
      'someone else traded',
      spoof().map((event) =>
        event.type === 'TRADE' ? { ...event, maker: { ...event.maker, accountId: 'acc_z' } } : event,
      ),
    ],
    ['its owner was ready to trade as much on the other side', spoof().with(0, place(1_000, 'ask', 'SELL', 101, 50))],
    [
      'it came after the trade',
      [...spoof().slice(0, 1), ...spoof().slice(2, 3), place(1_600, 'big', 'BUY', 99, 100), ...spoof().slice(3)],
    ],
  ])('is not suspected where %s', (_name, events) => {
    expect(found(events)).toEqual([])
  })

  it.each([
    ['split into several at one price', [99, 99, 99, 99, 99]],
    ['split over two prices', [99, 98, 99, 98, 99]],
  ])('is suspected as well where it is %s', (_name, prices) => {
    const big = prices.map((price, index) => place(1_200, `big${index}`, 'BUY', price, 20))
    const [ask, , deal] = spoof()
    const gone = big.map(({ orderId }) => withdraw(1_900, orderId, 'BUY'))
    const suspicions = found([ask!, ...big, deal!, ...gone])
    expect(suspicions.map(({ kind }) => kind)).toEqual(['SPOOFING'])
  })

  it('is suspected of who only seems to offer as much: far from the market, or in an order that does not rest', () => {
    const far = place(900, 'far', 'SELL', 150, 500)
    expect(found([far, ...spoof()])).toMatchObject([{ kind: 'SPOOFING' }])
    const taken: OrderFlowEvent[] = [
      place(1_200, 'big', 'BUY', 99, 100),
      place(1_500, 'hit', 'SELL', 100, 500),
      {
        ...trade(1_500, 'trd', 5, 'acc_b', 'acc_a', 'SELL'),
        taker: { accountId: 'acc_a', userId: 'usr_a', orderId: 'hit' },
      },
      { ...withdraw(1_500, 'hit', 'SELL'), reason: 'OTHER' },
      withdraw(1_900, 'big', 'BUY'),
    ]
    expect(found(taken)).toMatchObject([{ kind: 'SPOOFING', orderIds: ['big', 'hit'] }])
  })
})

describe('an honest maker', () => {
  /** Quotes `levels` prices a side of 10 lots, is lifted of a little at the best offer, withdraws all and quotes a tick higher. */
  const followsTheMarket = (levels: number, lifted: number, rounds: number, pace = 700): OrderFlowEvent[] =>
    Array.from({ length: rounds }, (_, round) => {
      const at = 1_000 + pace * round
      const quotes = Array.from({ length: levels }, (_, level) => [
        place(at, `b${round}-${level}`, 'BUY', 99 + round - level, 10),
        place(at, `s${round}-${level}`, 'SELL', 101 + round + level, 10),
      ]).flat()
      return [
        ...quotes,
        { ...trade(at + 0.4 * pace, `t${round}`, lifted, 'acc_a', 'acc_b', 'BUY', `s${round}-0`), price: 101 + round },
        ...quotes
          .filter(({ orderId }) => lifted < 10 || orderId !== `s${round}-0`)
          .map(({ orderId, side }) => withdraw(at + 0.7 * pace, orderId, side)),
      ]
    }).flat()

  it.each([
    [1, 1],
    [1, 10],
    [3, 1],
    [5, 10],
    [40, 3],
  ])('who quotes %d prices a side and withdraws all once %d lots are lifted is not suspected', (levels, lifted) => {
    expect(found(followsTheMarket(levels, lifted, 20))).toEqual([])
  })

  it.each([400, 100, 20])('who quotes anew every %d ms as the market runs away is not suspected', (pace) => {
    for (const levels of [1, 3]) expect(found(followsTheMarket(levels, 1, 40, pace))).toEqual([])
  })

  it('is not suspected with whoever alone buys and sells a little of its quotes', () => {
    const trades = Array.from({ length: 12 }, (_, i): OrderFlowEvent[] => {
      const [at, side] = [1_000 + 2_000 * i, i % 2 ? ('BUY' as const) : ('SELL' as const)]
      return [
        place(at, `q${i}`, side, 100, 50),
        trade(at + 100, `t${i}`, 1, 'acc_a', 'acc_b', side === 'BUY' ? 'SELL' : 'BUY', `q${i}`),
      ]
    }).flat()
    expect(found(trades)).toEqual([])
  })
})

describe('layering', () => {
  const layers: OrderFlowEvent[] = [
    place(1_000, 'ask', 'SELL', 101, 5),
    ...[99, 98, 97].map((price) => place(1_100, `bid${price}`, 'BUY', price, 6)),
    trade(1_500, 'trd', 5, 'acc_a', 'acc_b', 'BUY', 'ask'),
    ...[99, 98, 97].map((price) => withdraw(1_800, `bid${price}`, 'BUY')),
  ]

  it('is orders at several prices that go together once their owner has traded on the other side', () => {
    const suspicions = found(layers)
    expect(suspicions).toHaveLength(1)
    const orderIds = ['bid99', 'bid98', 'bid97', 'ask']
    expect(suspicions[0]).toMatchObject({ kind: 'LAYERING', orderIds, tradeIds: ['trd'] })
  })

  it('is told of where its first order alone was already taken for a spoof', () => {
    const larger = layers.map((event) =>
      event.type === 'ORDER_ACCEPTED' && event.side === 'BUY' ? { ...event, quantity: 60 } : event,
    )
    expect(found(larger).map(({ kind, orderIds }) => [kind, orderIds.length])).toEqual([
      ['SPOOFING', 2],
      ['LAYERING', 4],
    ])
  })

  it('is not suspected of a maker who quotes one price on each side', () => {
    expect(found(layers.filter((event) => event.type === 'TRADE' || !/98|97/.test(event.orderId)))).toEqual([])
  })
})

describe('wash trading', () => {
  it('is a trade between accounts of one user', () => {
    const both = trade(1_000, 'trd', 3, 'acc_a', 'acc_b', 'BUY')
    const own = { ...both, taker: { ...both.taker, userId: both.maker.userId } }
    expect(found([own])).toMatchObject([{ kind: 'WASH_TRADING', accountIds: ['acc_a', 'acc_b'], tradeIds: ['trd'] }])
  })

  it('is to and fro between two accounts until they are where they began', () => {
    const sides: Side[] = ['BUY', 'SELL', 'BUY', 'SELL']
    const [suspicion, ...more] = found(
      sides.map((side, index) => trade(1_000 + index, `t${index}`, 10, 'acc_a', 'acc_b', side)),
    )
    expect(more).toEqual([])
    expect(suspicion).toMatchObject({
      kind: 'WASH_TRADING',
      tradeIds: ['t0', 't1', 't2', 't3'],
      from: 1_000,
      to: 1_003,
    })
  })

  it.each([
    [
      'one buys from the other again and again',
      (index: number) => trade(1_000 + index, `t${index}`, 10, 'acc_a', 'acc_b', 'BUY'),
    ],
    [
      'each trade has another partner',
      (index: number) => trade(1_000 + index, `t${index}`, 10, 'acc_a', `acc_${index}`, index % 2 ? 'BUY' : 'SELL'),
    ],
    [
      'the trades are minutes apart',
      (index: number) => trade(90_000 * index, `t${index}`, 10, 'acc_a', 'acc_b', index % 2 ? 'BUY' : 'SELL'),
    ],
  ])('is not suspected where %s', (_name, tradeAt) => {
    expect(found(Array.from({ length: 8 }, (_, index) => tradeAt(index)))).toEqual([])
  })
})

describe('quote stuffing', () => {
  const flood = (count: number, gap: number): OrderFlowEvent[] =>
    Array.from({ length: count }, (_, index) => [
      place(1_000 + gap * index, `o${index}`, 'BUY', 90, 1),
      withdraw(1_001 + gap * index, `o${index}`, 'BUY'),
    ]).flat()

  it('is a flood of orders that are withdrawn at once', () => {
    const suspicions = found(flood(150, 5))
    expect(suspicions.map(({ kind }) => kind)).toEqual(['QUOTE_STUFFING'])
    expect(suspicions[0]!.orderIds).toHaveLength(100)
    expect(suspicions[0]).toMatchObject({ from: 1_000, to: 1_001 + 99 * 5 })
  })

  it('is not suspected of the same orders spread over time, nor of orders that trade', () => {
    expect(found(flood(150, 20))).toEqual([])
    const trading = flood(150, 5).flatMap((event, index) =>
      index % 20 === 0 ? [event, trade(event.time, `t${index}`, 1, 'acc_a', `acc_${index}`, 'SELL')] : [event],
    )
    expect(found(trading)).toEqual([])
  })
})

describe('an order that its owner changes', () => {
  const amend = (time: number, orderId: string, side: Side, price: number, quantity: number) =>
    ({ type: 'ORDER_AMENDED', ...names(time, orderId, 'acc_a', side), price, quantity }) as const
  const unfolded = (events: readonly (OrderFlowEvent | Amended)[]) => {
    const amendments = new Amendments()
    return events.flatMap((event) => amendments.unfold(event))
  }

  it.each([
    ['moved away from the market', amend(1_900, 'big', 'BUY', 80, 100)],
    ['made small', amend(1_900, 'big', 'BUY', 99, 1)],
  ])('is suspected as a withdrawn one where it is %s', (_name, change) => {
    expect(found(unfolded([...spoof().slice(0, -1), change]))).toMatchObject([
      { kind: 'SPOOFING', orderIds: ['big', 'ask'] },
    ])
  })

  it('is not suspected where it is made larger, nor where it trades in part before it is', () => {
    expect(found(unfolded([...spoof().slice(0, -1), amend(1_900, 'big', 'BUY', 99, 200)]))).toEqual([])
    const part = trade(1_600, 'part', 40, 'acc_a', 'acc_c', 'SELL', 'big')
    expect(
      unfolded([...spoof().slice(0, -1), part, amend(1_900, 'big', 'BUY', 99, 60)]).map(({ type }) => type),
    ).toEqual([...['ORDER_ACCEPTED', 'ORDER_ACCEPTED', 'TRADE', 'TRADE', 'ORDER_ACCEPTED']])
  })

  it('is as withdrawn where it is made larger first, before the trade or after it', () => {
    for (const at of [1_300, 1_600]) {
      const larger = amend(at, 'big', 'BUY', 99, 101)
      const events = [...spoof(), larger].sort((a, b) => a.time - b.time)
      expect(found(unfolded(events))).toMatchObject([{ kind: 'SPOOFING', orderIds: ['big', 'ask'], from: 1_200 }])
    }
    const grown = [place(1_100, 'big', 'BUY', 99, 1), amend(1_200, 'big', 'BUY', 99, 100)]
    const [ask, , ...rest] = spoof()
    expect(found(unfolded([ask!, ...grown, ...rest]))).toMatchObject([{ kind: 'SPOOFING' }])
  })

  it('is ready to trade once, however often it was made larger', () => {
    const small = [
      place(500, 'own', 'SELL', 101, 1),
      ...[10, 11, 12, 13].map((quantity) => amend(600, 'own', 'SELL', 101, quantity)),
      amend(700, 'own', 'SELL', 101, 1),
    ]
    expect(found(unfolded([...small, ...spoof()]))).toMatchObject([{ kind: 'SPOOFING' }])
  })

  it('is told with every place where it stood', () => {
    const room = new EvidenceRoom()
    const moved = [amend(1_900, 'big', 'BUY', 80, 100), amend(2_000, 'big', 'BUY', 80, 120)]
    for (const event of unfolded([...spoof().slice(0, -1), ...moved])) room.observe(event)
    const { orders } = room.of({ orderIds: ['big'], tradeIds: [] })
    expect(orders).toMatchObject([
      { price: 99, quantity: 100, placedAt: 1_200, closedAt: 1_900 },
      { price: 80, quantity: 120, placedAt: 1_900, closedAt: null },
    ])
  })

  it('is left alone where nobody saw it placed: it may wait for a trigger', () => {
    expect(unfolded([amend(1_000, 'unseen', 'BUY', 99, 5)])).toEqual([])
  })
})

describe('evidence', () => {
  it('tells of each order when it left the book: withdrawn, filled, or not yet', () => {
    const room = new EvidenceRoom()
    const events = [
      ...spoof(),
      place(2_000, 'rests', 'BUY', 90, 5),
      trade(2_100, 'some', 2, 'acc_a', 'acc_b', 'SELL', 'rests'),
    ]
    for (const event of events) room.observe(event)
    const { orders } = room.of({ orderIds: ['ask', 'big', 'rests', 'unknown'], tradeIds: [] })
    expect(orders.map(({ orderId, closedAt }) => [orderId, closedAt])).toEqual([
      ['ask', 1_500],
      ['big', 1_900],
      ['rests', null],
    ])
  })
})

describe('surveillance', () => {
  it('learns nothing of an event that is older than the newest, or has no time', () => {
    const surveillance = new Surveillance()
    const [ask, big, deal, gone] = spoof()
    surveillance.observe(ask!)
    surveillance.observe(deal!)
    surveillance.observe(big!)
    expect(surveillance.observe({ ...gone!, time: Number.NaN })).toEqual([])
    expect(surveillance.observe(gone!)).toEqual([])
  })
})
