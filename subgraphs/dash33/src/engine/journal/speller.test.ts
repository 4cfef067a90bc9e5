import { expect, it } from 'vitest'
import { nthOrder } from '../../../../../tests/support/engine.ts'
import { KEY } from '../client-order-ids.ts'
import type { Command } from '../commands.ts'
import { encodeBatch, segmentOf, spellBatch } from './batch-format.ts'
import { END, kindIn, OTHER, SPELLED_CANCEL, SPELLED_PLACE, Speller, widthIn } from './speller.ts'

const HEAD_BYTES = 3
const CANCEL: Command = { kind: 'CANCEL', accountId: 'ann', clientOrderId: 'order-1' }
const batchOf = (...commands: Command[]) => encodeBatch(1, [segmentOf(commands)])

/** What there is among the cells, from each one's head to the next. */
function kindsOf(cells: Int32Array): number[] {
  const kinds: number[] = []
  for (let at = 0; at < cells.length; at += widthIn(cells[at]!)) {
    expect(widthIn(cells[at]!)).toBeGreaterThan(0)
    kinds.push(kindIn(cells[at]!))
  }
  return kinds
}

it('cells can be gone through from one command to the next, over all batches and those that could not be spelled', () => {
  const speller = new Speller(KEY)
  const whole = batchOf(nthOrder(1), CANCEL, { kind: 'TICK' })
  expect(spellBatch(whole, speller)).toBe(0)
  // Its head alone is a batch of nothing.
  for (let cut = HEAD_BYTES + 1; cut < whole.length; cut++) expect(spellBatch(whole.subarray(0, cut), speller)).toBe(-1)
  expect(spellBatch(batchOf(CANCEL), speller)).toBeGreaterThan(0)
  expect(kindsOf(speller.take().cells)).toEqual([SPELLED_PLACE, SPELLED_CANCEL, OTHER, END, SPELLED_CANCEL, END])
})

it('amounts and times that no cell can hold come as the command that they are part of', () => {
  const speller = new Speller(KEY)
  const orders: Command[] = [
    { ...nthOrder(1), quantity: 2 ** 31 - 1 },
    { ...nthOrder(2), quantity: 2 ** 31 },
    { ...nthOrder(3), price: 2 ** 53 - 1 },
    { ...nthOrder(4), timeInForce: 'GTD', expiresAt: Date.UTC(2026, 0, 2) },
  ]
  spellBatch(batchOf(...orders), speller)
  const { cells, others } = speller.take()
  expect(kindsOf(cells)).toEqual([SPELLED_PLACE, OTHER, OTHER, OTHER, END])
  expect(others).toEqual(orders.slice(1))
})
