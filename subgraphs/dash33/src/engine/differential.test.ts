import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LinkedBook } from '../book/index.ts'
import { NaiveBook } from '../book/naive-book.ts'
import { INSTRUMENTS } from '../market/instruments.ts'
import { hashState, readState, writeState } from './canonical.ts'
import type { Command } from './commands.ts'
import { Engine } from './engine.ts'

const ACCOUNTS = ['ann', 'bob', 'eve', 'joe']
const RUNS = 250
const COMMANDS_PER_RUN = 400

const opening: Command[] = ACCOUNTS.flatMap((accountId): Command[] => [
  { kind: 'OPEN_ACCOUNT', accountId, userId: `user of ${accountId}` },
  ...['BTC', 'ETH', 'USDT'].map(
    (asset): Command => ({ kind: 'CREDIT', accountId, asset, amount: 3_000_000, reference: `${accountId} ${asset}` }),
  ),
])

const account = fc.constantFrom(...ACCOUNTS)
const symbol = fc.constantFrom('BTC-USDT', 'ETH-USDT')
// Few keys, so that they are often repeated, and prices around one another, so that they often cross.
const key = fc.integer({ min: 0, max: 150 }).map((n) => `key-${n}`)
const limit = fc.record({
  kind: fc.constant('PLACE' as const),
  accountId: account,
  clientOrderId: key,
  symbol,
  side: fc.constantFrom('BUY' as const, 'SELL' as const),
  type: fc.constant('LIMIT' as const),
  timeInForce: fc.constantFrom('GTC' as const, 'GTC' as const, 'GTC' as const, 'IOC' as const),
  price: fc.integer({ min: 95, max: 105 }),
  quantity: fc.integer({ min: 1, max: 400 }),
})
const market = limit.map((order) => ({ ...order, type: 'MARKET' as const, timeInForce: 'IOC' as const, price: null }))
const cancel = fc.record({ kind: fc.constant('CANCEL' as const), accountId: account, clientOrderId: key })
const status = fc.record({
  kind: fc.constant('SET_MARKET_STATUS' as const),
  symbol,
  status: fc.constantFrom('TRADING' as const, 'TRADING' as const, 'PAUSED' as const),
  recording: fc.option(
    fc.record({
      dataSet: fc.constant('aug'),
      segment: fc.constantFrom('a', 'b'),
      repetition: fc.integer({ min: 1, max: 3 }),
    }),
  ),
})
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: limit },
  { weight: 2, arbitrary: market },
  { weight: 6, arbitrary: cancel },
  { weight: 1, arbitrary: status },
)
const commands = fc.array(command, { minLength: COMMANDS_PER_RUN, maxLength: COMMANDS_PER_RUN })

const fast = () => new Engine(INSTRUMENTS, () => new LinkedBook())
const naive = () => new Engine(INSTRUMENTS, () => new NaiveBook())
const hash = (engine: Engine) => hashState(writeState(engine.state))

describe('the engine, told anything', { timeout: 120_000 }, () => {
  it('answers on the fast book exactly as on the naive one, and keeps its laws after every command', () => {
    let trades = 0
    fc.assert(
      fc.property(commands, (list) => {
        const engines = [fast(), naive()]
        for (const [time, each] of [...opening, ...list].entries()) {
          const [here, there] = engines.map((engine) => engine.applyBatch([each], time))
          must(isDeepStrictEqual(there, here), 'equal outcomes')
          trades += here!.batch.events.filter((event) => event.type === 'TRADE').length
          expectLaws(engines[0]!)
        }
        expect(hash(engines[0]!)).toBe(hash(engines[1]!))
      }),
      { numRuns: RUNS },
    )
    // Otherwise the commands above prove nothing.
    expect(trades).toBeGreaterThan(RUNS * 20)
  })

  it('comes to the same state however its commands were batched, and over any snapshot', () => {
    fc.assert(
      fc.property(commands, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (list, sizes) => {
        const whole = fast()
        whole.applyBatch([...opening, ...list], 7)
        let pieces = fast()
        let from = 0
        for (let i = 0; from < opening.length + list.length; i++) {
          const size = sizes[i % sizes.length]!
          pieces.applyBatch([...opening, ...list].slice(from, from + size), 7)
          from += size
          if (i % 5 === 0) {
            const restored = fast()
            readState(writeState(pieces.state), restored)
            pieces = restored
          }
        }
        expect(hash(pieces)).toBe(hash(whole))
      }),
      { numRuns: RUNS },
    )
  })
})

/** No crossed book; levels are the sum of their orders; holds are what open orders need; nothing is made or lost. */
function expectLaws({ state }: Engine): void {
  const held = new Map<string, bigint>()
  for (const { book, instrument } of state.markets.values()) {
    const [bid, ask] = [book.bestPrice('BUY'), book.bestPrice('SELL')]
    must(bid === null || ask === null || bid < ask, 'no crossed book')
    for (const side of ['BUY', 'SELL'] as const) {
      const volumes = new Map<number, number>()
      for (const order of book.orders(side)) {
        must(order.remaining > 0 && state.openOrders.get(order.terms.sequence) === order, 'only open orders rest')
        volumes.set(order.price!, (volumes.get(order.price!) ?? 0) + order.remaining)
        const key = `${order.account.id} ${order.paidAsset}`
        const units = side === 'BUY' ? order.price! * instrument.quoteUnitsPerTickLot : instrument.baseUnitsPerLot
        held.set(key, (held.get(key) ?? 0n) + BigInt(units) * BigInt(order.remaining))
      }
      must(isDeepStrictEqual(book.levels(side), [...volumes]), 'levels are the sum of their orders')
    }
  }
  const totals = new Map(Array.from(state.fees, ([asset, amount]) => [asset, BigInt(amount)]))
  for (const account of state.accounts.values()) {
    for (const [asset, { available, held: amount }] of account.balances) {
      must(available >= 0, 'no balance below zero')
      must(BigInt(amount) === (held.get(`${account.id} ${asset}`) ?? 0n), 'held is what open orders need')
      totals.set(asset, totals.get(asset)! + BigInt(available) + BigInt(amount))
    }
  }
  for (const [asset, supply] of state.supply) must(totals.get(asset) === BigInt(supply), 'nothing is made or lost')
}

/** `expect` costs more than the engine does, and this runs after each of 100,000 commands. */
function must(holds: boolean, law: string): void {
  if (!holds) throw new Error(`broken: ${law}`)
}
