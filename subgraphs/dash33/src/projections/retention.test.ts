import { pino } from 'pino'
import { expect, test } from 'vitest'
import { Retention, type RetentionRule } from './retention.ts'

const log = pino({ level: 'silent' })
const rule = (of: string, run: RetentionRule['run']): RetentionRule => ({ of, run })

test('a rule that fails holds up no other, and is tried again in the next round', async () => {
  const done: string[] = []
  const retention = new Retention(
    [
      rule('orders', async () => {
        done.push('orders fail')
        throw new Error('the database is away')
      }),
      rule('trades', async () => done.push('trades')),
    ],
    log,
  )
  await retention.round()
  await retention.round()
  expect(done).toEqual(['orders fail', 'trades', 'orders fail', 'trades'])
})

test('a round that takes longer than the time between two is not run twice at once', async () => {
  let runs = 0
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
  const retention = new Retention(
    [
      rule('orders', async () => {
        runs += 1
        await finished
        return 0
      }),
    ],
    log,
  )
  const first = retention.round()
  const second = retention.round()
  finish()
  await Promise.all([first, second])
  expect(runs).toBe(1)
})

test('stopping ends the round at its next stop', async () => {
  const done: string[] = []
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const retention = new Retention(
    [
      rule('orders', async (stopping) => {
        begin()
        while (!stopping.aborted) await new Promise((resolve) => setImmediate(resolve))
        return done.push('orders stopped')
      }),
      rule('trades', async () => done.push('trades')),
    ],
    log,
  )
  void retention.round()
  await begun
  await retention.stop()
  expect(done).toEqual(['orders stopped'])
})
