import { expect, test } from 'vitest'
import { batch, credited, party, trade } from '../../../../tests/support/engine-events.ts'
import { foldLedger } from './changes.ts'

const seller = party('ord_m', 1, 0, { accountId: 'acc_m', side: 'SELL', fee: 2 })
const buyer = party('ord_t', 1, 0, { accountId: 'acc_t', side: 'BUY', fee: 1 })

test('what the entries move is summed up per balance, and compared with the last that the engine said of it', () => {
  const { balances, entries } = foldLedger([
    batch(1, [trade(seller, buyer)], { balances: [{ accountId: 'acc_m', asset: 'USDT', available: 50, held: 48 }] }),
    batch(2, [trade(seller, buyer)], { balances: [{ accountId: 'acc_m', asset: 'USDT', available: 190, held: 6 }] }),
  ])
  expect(entries).toHaveLength(12)
  expect(balances).toContainEqual({
    accountId: 'acc_m',
    asset: 'USDT',
    moved: 196,
    expected: 196,
    expectedHeld: 6,
  })
  expect(balances).toContainEqual({
    accountId: 'fees',
    asset: 'USDT',
    moved: 4,
    expected: null,
    expectedHeld: null,
  })
})

test('of a hold that changed again and again the last is kept, and its balance is touched', () => {
  const hold = (held: number) => ({ orderId: 'ord_1', accountId: 'acc_1', asset: 'BTC', held })
  const { holds, balances } = foldLedger([batch(1, [], { holds: [hold(9)] }), batch(2, [], { holds: [hold(4)] })])
  expect(holds).toEqual([hold(4)])
  expect(balances).toMatchObject([{ accountId: 'acc_1', asset: 'BTC', moved: 0 }])
})

test('accounts and credits come with their moment', () => {
  const opened = { type: 'ACCOUNT_OPENED', engineSequence: 1, accountId: 'acc_1', userId: 'usr_1' } as const
  const { accounts, credits } = foldLedger([batch(1, [opened]), batch(2, [credited('acc_1', 'BTC', 5)])])
  expect(accounts).toMatchObject([{ accountId: 'acc_1', at: 1_000 }])
  expect(credits).toMatchObject([{ amount: 5, at: 2_000 }])
})
