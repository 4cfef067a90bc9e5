import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command } from '../commands.ts'
import { decodeCommands, encodeCommands } from './command-codec.ts'

const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 64 })
const whole = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const side = fc.constantFrom('BUY' as const, 'SELL' as const)
const recording = fc.option(fc.record({ dataSet: text, segment: text, repetition: whole }))
const kind = <K extends string>(name: K) => fc.constant(name)
const order = { kind: kind('PLACE'), accountId: text, clientOrderId: text, symbol: text, side, quantity: whole }

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: kind('OPEN_ACCOUNT'), accountId: text, userId: text }),
  fc.record({ kind: kind('CREDIT'), accountId: text, asset: text, amount: whole, reference: text }),
  fc.record({
    ...order,
    type: kind('LIMIT'),
    timeInForce: fc.constantFrom('GTC' as const, 'IOC' as const),
    price: whole,
  }),
  fc.record({ ...order, type: kind('MARKET'), timeInForce: kind('IOC'), price: fc.constant(null) }),
  fc.record({ kind: kind('CANCEL'), accountId: text, orderId: text }),
  fc.record({ kind: kind('CANCEL'), accountId: text, clientOrderId: text }),
  fc.record({
    kind: kind('SET_MARKET_STATUS'),
    symbol: text,
    status: fc.constantFrom('TRADING' as const, 'PAUSED' as const),
    recording,
  }),
)

describe('a journaled batch', () => {
  it('reads back as it was written', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 300 }), fc.maxSafeNat(), (commands, time) => {
        expect(decodeCommands(encodeCommands({ time, commands }))).toEqual({ time, commands })
      }),
    )
  })

  it('that ends early, or is of an unknown version, is refused', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 5 }), fc.nat(), (commands, cut) => {
        const bytes = encodeCommands({ time: 1, commands })
        expect(() => decodeCommands(bytes.subarray(0, cut % bytes.length))).toThrow()
      }),
    )
    expect(() => decodeCommands(Buffer.from([99]))).toThrow('journal format 99 is not known')
  })

  it('takes some 35 bytes for an order of a busy account', () => {
    const commands = Array.from(
      { length: 100 },
      (_, i): Command => ({
        kind: 'PLACE',
        accountId: 'acc_1jx2k3m4n5p6q7r8s9t0v1',
        clientOrderId: `btc:1723161254:b:${i}`,
        symbol: 'BTC-USDT',
        side: 'BUY',
        type: 'LIMIT',
        timeInForce: 'GTC',
        price: 6_123_456 + i,
        quantity: 10_000 + i,
      }),
    )
    expect(encodeCommands({ time: 1_723_161_254_000, commands }).length / 100).toBeLessThan(36)
  })

  it('cannot hold a number that is not a whole, safe one', () => {
    for (const amount of [-1, 0.5, Number.NaN, 2 ** 53]) {
      const credit: Command = { kind: 'CREDIT', accountId: 'a', asset: 'BTC', amount, reference: 'r' }
      expect(() => encodeCommands({ time: 1, commands: [credit] })).toThrow('cannot be journaled')
    }
  })
})
