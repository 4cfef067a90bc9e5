import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NONE } from '../book/index.ts'
import { KEY, keyedSum } from './client-order-ids.ts'
import { OrderRecords } from './order-records.ts'

const TERMS = {
  quantity: 1,
  price: null,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  expiresAt: null,
}
/** Ids that are each other's beginnings, and as long as ids may be. */
const ID = fc.oneof(
  fc.nat(3_000).map((n) => `order-${n}`),
  fc.constantFrom('a', 'aa', 'a'.repeat(63), 'a'.repeat(64), `${'a'.repeat(63)}b`),
)
const STEP = fc.record({ account: fc.nat(3), id: ID, spelled: fc.boolean(), forget: fc.boolean() })

function takeSpelled(records: OrderRecords, id: string): void {
  const source = Buffer.from(`--${id}--`)
  records.ids.takeSummed(source, 2, id.length, keyedSum(KEY, source, 2, id.length))
}

describe('the table of client order ids', () => {
  it('finds what a map of texts would, however ids come and go', () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 4_000, size: 'max' }), (list) => {
        const records = new OrderRecords()
        const model = new Map<string, number>()
        for (const { account, id, spelled, forget } of list) {
          const key = `${account} ${id}`
          const expected = model.get(key) ?? NONE
          if (spelled) takeSpelled(records, id)
          const found = spelled ? records.ids.find(account) : records.find(account, id)
          expect(found).toBe(expected)
          if (expected === NONE) {
            const record = records.add(4, account, spelled ? null : id, 0, TERMS, 0, 0, NONE)
            model.set(key, record)
            expect(records.clientOrderId(record)).toBe(id)
          } else if (forget) {
            records.drop(expected)
            records.reuse()
            model.delete(key)
          }
        }
        for (const [key, record] of model) {
          const [account = '', id = ''] = key.split(' ')
          expect(records.find(Number(account), id)).toBe(record)
          expect(records.clientOrderId(record)).toBe(id)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('takes no id that could not be written', () => {
    const records = new OrderRecords()
    expect(() => records.find(0, 'x'.repeat(65))).toThrow(RangeError)
    expect(() => records.find(0, 'né')).toThrow(RangeError)
  })
})
