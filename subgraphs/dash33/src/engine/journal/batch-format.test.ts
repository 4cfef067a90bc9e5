import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryCommand } from '../../../../../tests/support/arbitrary-commands.ts'
import { nthOrder } from '../../../../../tests/support/engine.ts'
import type { Command } from '../commands.ts'
import { ENGINE_VERSION } from '../version.ts'
import { commandsOf, decodeBatch, decodeSegment, encodeBatch, SegmentWriter, segmentOf } from './batch-format.ts'
import { KINDS } from './command-codec.ts'

const commands = fc.array(arbitraryCommand, { minLength: 1, maxLength: 100 })

describe('a journaled batch', () => {
  it('reads back as it was written, with every kind of command', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 4 }), fc.maxSafeNat(), (lists, time) => {
        const batch = decodeBatch(
          encodeBatch(
            time,
            lists.map((list) => segmentOf(list)),
          ),
        )
        expect(batch).toEqual({
          time,
          engineVersion: ENGINE_VERSION,
          segments: lists.map((list) => ({ origin: 0, firstId: 0, sizes: [list.length], commands: list })),
        })
        expect(commandsOf(batch)).toEqual(lists.flat())
        for (const { kind } of lists.flat()) seen.add(kind)
      }),
    )
    expect([...seen].sort()).toEqual([...KINDS].sort())
  })

  it('holds a turn of submissions as they were handed over, with whom to answer', () => {
    const turns = fc.array(commands, { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(turns, fc.maxSafeNat(), fc.nat(), (turn, origin, firstId) => {
        const writer = new SegmentWriter(origin)
        for (const [i, submission] of turn.entries()) writer.add(firstId + i, submission)
        expect(decodeSegment(writer.take())).toEqual({
          origin,
          firstId,
          sizes: turn.map((submission) => submission.length),
          commands: turn.flat(),
        })
      }),
    )
  })

  it('that ends early, or is of an unknown version, is refused', () => {
    fc.assert(
      fc.property(fc.array(arbitraryCommand, { minLength: 1, maxLength: 5 }), fc.nat(), (list, cut) => {
        const whole = segmentOf(list)
        expect(() => decodeSegment(whole.subarray(0, cut % whole.length))).toThrow()
      }),
    )
    expect(() => decodeBatch(Buffer.from([99]))).toThrow('journal format 99 is not known')
  })

  it('takes some 35 bytes for an order of a busy account', () => {
    const orders = Array.from({ length: 100 }, (_, i): Command => {
      const ids = { accountId: 'acc_1jx2k3m4n5p6q7r8s9t0v1', clientOrderId: `btc:1723161254:b:${i}` }
      return { ...nthOrder(i), ...ids, price: 6_123_456 + i, quantity: 10_000 + i }
    })
    expect(encodeBatch(1_723_161_254_000, [segmentOf(orders)]).length / 100).toBeLessThan(37)
  })

  it('cannot hold a number that is not a whole, safe one, nor a longer text, and keeps what else was submitted', () => {
    const credit = (amount: number, reference = 'r'): Command[] => [
      { kind: 'CREDIT', accountId: 'a', asset: 'BTC', amount, reference },
    ]
    const writer = new SegmentWriter(7)
    const traps = [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]
    for (const amount of traps) expect(() => writer.add(1, credit(amount))).toThrow('cannot be journaled')
    writer.add(5, credit(1))
    for (const amount of traps) expect(() => writer.add(6, credit(amount, 'other'))).toThrow('cannot be journaled')
    expect(() => writer.add(6, credit(1, 'x'.repeat(256)))).toThrow('cannot be journaled')
    writer.add(6, credit(2, 'other'))
    expect(decodeSegment(writer.take())).toEqual({
      origin: 7,
      firstId: 5,
      sizes: [1, 1],
      commands: [...credit(1), ...credit(2, 'other')],
    })
  })

  it('of the first format is read as the orders of that time were', () => {
    const text = (value: string) => [0, value.length, ...Buffer.from(value)]
    const place = [2, 1 | 4, ...text('ann'), ...text('BTC-USDT'), ...text('key'), 0x88, 0x27, 5]
    const status = [4, 1 | 2, 2, ...text('aug'), ...text('day'), 3]
    const cancel = [3, 1, 1, 3]
    const batch = decodeBatch(Buffer.from([1, 0x90, 0x4e, 3, ...place, ...status, ...cancel]))
    expect(batch.engineVersion).toBe(1)
    expect(batch.time).toBe(10_000)
    expect(commandsOf(batch)).toMatchObject([
      { kind: 'PLACE', accountId: 'ann', side: 'SELL', type: 'LIMIT', timeInForce: 'IOC', price: 5_000, quantity: 5 },
      { kind: 'SET_MARKET_STATUS', symbol: 'BTC-USDT', status: 'PAUSED', recording: { segment: 'day', repetition: 3 } },
      { kind: 'CANCEL', accountId: 'ann', clientOrderId: 'key' },
    ])
  })
})
