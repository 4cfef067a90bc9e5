import { describe, expect, it } from 'vitest'
import { STANDARD_LIMITS } from '../../risk/limits.ts'
import { cancelOrder } from './cancelling.ts'
import { Draft } from './draft.ts'
import { Exchange } from './exchange.ts'
import { checkInvariants } from './invariants.ts'
import { STANDARD } from './limits.ts'
import { place } from './placing.ts'
import { REFUSED, RULE } from './refusal.ts'
import { openOrdersIn } from './sums.ts'

const MARKETS = 3
const QUOTE = MARKETS

function exchangeOf(accounts: number): Exchange {
  const markets = Array.from({ length: MARKETS }, (_, baseAsset) => ({
    baseAsset,
    quoteAsset: QUOTE,
    baseUnits: 1,
    quoteUnits: 1,
  }))
  const x = new Exchange(markets, MARKETS + 1)
  for (let account = 0; account < accounts; account++) {
    x.openAccount()
    x.credit(account, QUOTE, 1_000_000_000_000)
  }
  return x
}

function buy(x: Exchange, account: number, market: number, price: number): number {
  const draft = new Draft()
  draft.account = account
  draft.market = market
  draft.price = price
  draft.quantity = 1_000_000
  x.begin(x.sequence + 1, 1_000 * x.sequence)
  const slot = place(x, draft)
  x.end()
  return slot
}

describe('open orders by market', () => {
  it('are right below, at and beyond the number from which they are counted along, and of accounts beside', () => {
    const x = exchangeOf(70)
    const slots: number[][] = Array.from({ length: MARKETS }, () => [])
    for (let i = 0; i < 400; i++) {
      slots[i % MARKETS]!.push(buy(x, 1, i % MARKETS, 1 + i))
      if (i % 50 === 0 || Math.abs(i - 256) < 3) checkInvariants(x)
    }
    buy(x, 69, 2, 5)
    for (let market = 0; market < MARKETS; market++) {
      for (const slot of slots[market]!.slice(market * 40)) {
        x.begin(x.sequence + 1, x.time)
        cancelOrder(x, 1, slot)
        x.end()
      }
      expect(openOrdersIn(x, 1, market)).toBe(market * 40)
    }
    expect(openOrdersIn(x, 69, 2)).toBe(1)
    checkInvariants(x)
  })

  it.each([5, 300])('are bounded at %i in each market, however many there are in others', (maxOpenOrders) => {
    const x = exchangeOf(1)
    x.limits.set(STANDARD, -1, { ...STANDARD_LIMITS, maxOpenOrders })
    for (let i = 0; i < maxOpenOrders - 1; i++) buy(x, 0, 0, 1 + i)
    for (let i = 0; i < maxOpenOrders; i++) expect(buy(x, 0, 1, 1 + i)).toBeGreaterThanOrEqual(0)
    expect(buy(x, 0, 1, 1)).toBe(-1)
    expect([x.refusal.code, x.refusal.detail]).toEqual([REFUSED.RISK_LIMIT, RULE.MAX_OPEN_ORDERS])
    expect([x.refusal.observed, x.refusal.headroom]).toEqual([maxOpenOrders + 1, 0])
    expect(buy(x, 0, 0, 9)).toBeGreaterThanOrEqual(0)
    expect(buy(x, 0, 0, 9)).toBe(-1)
    checkInvariants(x)
  })
})
