import { Pool } from 'pg'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { batch, cancelled } from '../../../../tests/support/engine-events.ts'
import { PATIENCE_MS, StoredOrders } from './earlier-orders.ts'
import { KeyWindow } from './key-window.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('a record that hangs is not waited for without end: an order must not be placed long after it was sent', async () => {
  const earlier = new StoredOrders({
    pool: new Pool(),
    log: pino({ level: 'silent' }),
    window: new KeyWindow(),
    reached: () => new Promise<never>(() => {}),
  })
  const found = expect(earlier.find('acc_1', ['a'])).rejects.toThrow('in time')
  await vi.advanceTimersByTimeAsync(PATIENCE_MS)
  await found
})

test('a key is waited for as long as its order is not stored as closed', async () => {
  const window = new KeyWindow()
  window.take(batch(7, [cancelled('a')]))
  const waitedFor: number[] = []
  const reached = (sequence: number) => {
    waitedFor.push(sequence)
    return new Promise<never>(() => {})
  }
  const earlier = new StoredOrders({ pool: new Pool(), log: pino({ level: 'silent' }), window, reached })
  const found = ['a', 'b'].map((key) => expect(earlier.find('acc_1', [key])).rejects.toThrow('in time'))
  await vi.advanceTimersByTimeAsync(PATIENCE_MS)
  await Promise.all(found)
  expect(waitedFor).toEqual([7, 0])
})
