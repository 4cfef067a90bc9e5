import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '@opsource/kernel'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { nthOrder, type ObservedEngine, observedEngine, opening } from '../../../../../tests/support/engine.ts'
import type { PlaceOrder } from '../commands.ts'

/** Of a busy machine; an idle one takes some 5 ms, of which the commit is most. */
const LATENESS_LIMIT_MS = 500

let database: FreshDatabase
let observed: ObservedEngine

beforeEach(async () => {
  database = await freshDatabase('dash33')
  observed = await observedEngine(database.url)
  await observed.client.submit(opening)
})

afterEach(async () => {
  await observed.client.close()
  await database.drop()
})

const cancellation = (key: string) => {
  const batch = observed.batches.find(({ events }) =>
    events.some((event) => event.type === 'ORDER_CANCELLED' && event.clientOrderId === key),
  )
  const event = batch?.events.find((each) => each.type === 'ORDER_CANCELLED' && each.clientOrderId === key)
  return batch && event?.type === 'ORDER_CANCELLED' ? { ...event, time: batch.time } : null
}

async function cancelled(key: string) {
  for (;;) {
    const found = cancellation(key)
    if (found) return found
    await sleep(5)
  }
}

it('what is due happens in time though nobody sends anything', async () => {
  const expiresAt = systemClock.now() + 300
  const order: PlaceOrder = { ...nthOrder(1), timeInForce: 'GTD', expiresAt }
  await observed.client.submit([order])
  const expiry = await cancelled(order.clientOrderId)
  expect(expiry).toMatchObject({ reason: 'EXPIRED', status: 'EXPIRED' })
  expect(expiry.time).toBeGreaterThanOrEqual(expiresAt)
  expect(expiry.time - expiresAt).toBeLessThan(LATENESS_LIMIT_MS)

  const other = nthOrder(3)
  const [, set] = await observed.client.submit([
    other,
    { kind: 'CANCEL_ALL_AFTER', accountId: other.accountId, delayMs: 200 },
  ])
  expect(set).toMatchObject({ kind: 'CANCEL_ALL_AFTER_SET' })
  const deadMan = await cancelled(other.clientOrderId)
  expect(deadMan.reason).toBe('DEAD_MAN')
  expect(deadMan.time - (set?.kind === 'CANCEL_ALL_AFTER_SET' ? (set.at ?? 0) : 0)).toBeLessThan(LATENESS_LIMIT_MS)
})

it('what came due while no engine ran happens as the next one starts', async () => {
  const order: PlaceOrder = { ...nthOrder(1), timeInForce: 'GTD', expiresAt: systemClock.now() + 150 }
  await observed.client.submit([order])
  const { sequence } = await observed.client.stateHash()
  await observed.client.close()
  await sleep(200)
  observed = await observedEngine(database.url, { projectedThrough: sequence })
  expect(await cancelled(order.clientOrderId)).toMatchObject({ reason: 'EXPIRED' })
})

it('a clock that is set back does not let a switch go off that is set anew in time', async () => {
  const { sequence: projectedThrough } = await observed.client.stateHash()
  await observed.client.close()
  let ahead = 10_000
  observed = await observedEngine(database.url, { projectedThrough, clock: { now: () => systemClock.now() + ahead } })
  const order = nthOrder(1)
  await observed.client.submit([order])
  ahead = 0
  for (let renewal = 0; renewal < 5; renewal++) {
    await observed.client.submit([{ kind: 'CANCEL_ALL_AFTER', accountId: order.accountId, delayMs: 1_000 }])
    await sleep(400)
  }
  expect(cancellation(order.clientOrderId)).toBeNull()
})
