import type { EventData } from '@opsource/bus/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXTERNAL, FEES, type Posting, postingsOfCredit, postingsOfTrade, sumPostings } from './fold.ts'

const accounts = ['acc_ann', 'acc_bob', 'acc_cat']
const units = fc.bigInt({ min: 1n, max: 10n ** 37n })

const trade = fc
  .record({
    base: units,
    quote: units,
    baseFee: units,
    quoteFee: units,
    buyer: fc.constantFrom(...accounts),
    seller: fc.constantFrom(...accounts),
  })
  .map(({ base, quote, baseFee, quoteFee, buyer, seller }): EventData<'trade.executed'> => {
    const party = (accountId: string, fee: bigint) => ({
      userId: accountId,
      accountId,
      orderId: 'ord_1',
      clientOrderId: 'c',
      fee: String(fee),
    })
    return {
      engineSequence: 1,
      tradeId: 'trd_1',
      symbol: 'BTC-USDT',
      baseAsset: 'BTC',
      quoteAsset: 'USDT',
      baseScale: 8,
      quoteScale: 7,
      baseAmount: String(base),
      quoteAmount: String(quote),
      price: '1',
      quantity: '1',
      takerSide: 'BUY',
      buyer: party(buyer, baseFee % base),
      seller: party(seller, quoteFee % quote),
      executedAt: '2024-08-08T23:54:14.000Z',
    }
  })

const credit = fc
  .record({ amount: units, accountId: fc.constantFrom(...accounts), asset: fc.constantFrom('BTC', 'USDT') })
  .map(
    ({ amount, accountId, asset }): EventData<'account.credited'> => ({
      engineSequence: 1,
      userId: 'usr_1',
      accountId,
      asset,
      assetScale: asset === 'BTC' ? 8 : 7,
      amount: String(amount),
      reference: 'r',
      creditedAt: '2024-08-08T23:54:14.000Z',
    }),
  )

const totalOf = (postings: readonly Posting[], asset: string) =>
  postings.filter((posting) => posting.asset === asset).reduce((sum, { amount }) => sum + amount, 0n)
const amountOf = (postings: readonly Posting[], accountId: string, asset: string) =>
  postings.find((posting) => posting.accountId === accountId && posting.asset === asset)?.amount ?? 0n

describe('the book of record', () => {
  it('gives the buyer the base less the fee, the seller the quote less the fee, and the venue both fees', () => {
    const party = (accountId: string, fee: string) => ({
      userId: accountId,
      accountId,
      orderId: 'ord_1',
      clientOrderId: 'c',
      fee,
    })
    const postings = sumPostings(
      postingsOfTrade({
        engineSequence: 7,
        tradeId: 'trd_1',
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
        buyer: party('acc_ann', '500'),
        seller: party('acc_bob', '1236753'),
        executedAt: '2024-08-08T23:54:14.000Z',
      }),
    )
    expect(postings).toEqual([
      { accountId: 'acc_ann', asset: 'BTC', scale: 8, amount: 999_500n },
      { accountId: 'acc_ann', asset: 'USDT', scale: 7, amount: -6_183_763_000n },
      { accountId: 'acc_bob', asset: 'BTC', scale: 8, amount: -1_000_000n },
      { accountId: 'acc_bob', asset: 'USDT', scale: 7, amount: 6_182_526_247n },
      { accountId: FEES, asset: 'BTC', scale: 8, amount: 500n },
      { accountId: FEES, asset: 'USDT', scale: 7, amount: 1_236_753n },
    ])
  })

  it('adds up to zero in every asset, whatever was traded and credited', () => {
    fc.assert(
      fc.property(fc.array(trade), fc.array(credit), (trades, credits) => {
        const book = sumPostings([...trades.flatMap(postingsOfTrade), ...credits.flatMap(postingsOfCredit)])
        expect(totalOf(book, 'BTC')).toBe(0n)
        expect(totalOf(book, 'USDT')).toBe(0n)
      }),
    )
  })

  it('is the same however the events are cut into batches', () => {
    fc.assert(
      fc.property(fc.array(trade), fc.array(credit), fc.nat(), (trades, credits, at) => {
        const postings = [...trades.flatMap(postingsOfTrade), ...credits.flatMap(postingsOfCredit)]
        const cut = postings.length === 0 ? 0 : at % postings.length
        expect(sumPostings([...sumPostings(postings.slice(0, cut)), ...sumPostings(postings.slice(cut))])).toEqual(
          sumPostings(postings),
        )
      }),
    )
  })

  it('shows what came in from outside as a debt of the account external', () => {
    fc.assert(
      fc.property(fc.array(credit), (credits) => {
        const book = sumPostings(credits.flatMap(postingsOfCredit))
        const credited = credits
          .filter(({ asset }) => asset === 'USDT')
          .reduce((sum, { amount }) => sum + BigInt(amount), 0n)
        expect(amountOf(book, EXTERNAL, 'USDT')).toBe(-credited)
      }),
    )
  })
})
