import { MemoryCache } from '@opsource/cache'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { forecastOf } from '../testing/forecast.ts'
import { NewestForecasts } from './newest.ts'
import { forecastStream } from './stream.ts'

const clock = new ManualClock(1_000_000)
let newest: NewestForecasts

beforeEach(async () => {
  newest = new NewestForecasts(new MemoryCache({ clock, log: pino({ level: 'silent' }) }), clock, ['BTC-USDT'])
  await newest.start()
})

const forecast = (tick: number) => forecastOf({ id: `prd_${tick}`, tick, madeAt: clock.now() + tick })

test('a late joiner gets the newest at once', async () => {
  await newest.publish(forecast(1))
  expect((await forecastStream(newest, 'BTC-USDT', 'S10').next()).value?.tick).toBe(1)
})

test('a slow reader gets the newest and not what lies between', async () => {
  const stream = forecastStream(newest, 'BTC-USDT', 'S10')
  for (const tick of [1, 2, 3]) await newest.publish(forecast(tick))
  expect((await stream.next()).value?.tick).toBe(3)
  const next = stream.next()
  await newest.publish(forecast(4))
  expect((await next).value?.tick).toBe(4)
})

test('an older forecast never takes the place of a newer one', async () => {
  await newest.publish(forecast(5))
  await newest.publish(forecast(4))
  expect(newest.of('BTC-USDT', 'S10')?.tick).toBe(5)
})

test('a forecast is gone after twice its horizon', async () => {
  await newest.publish(forecast(1))
  clock.advance(20_002)
  expect(newest.of('BTC-USDT', 'S10')).toBeNull()
})

test('a forecast from before the clock was set back is not shown, and holds no place', async () => {
  await newest.publish(forecast(1))
  clock.advance(-3_600_000)
  expect(newest.of('BTC-USDT', 'S10')).toBeNull()
  await newest.publish(forecast(2))
  expect(newest.of('BTC-USDT', 'S10')?.tick).toBe(2)
})

test('ending the stream ends the wait in hand', async () => {
  const stream = forecastStream(newest, 'BTC-USDT', 'S10')
  const waiting = stream.next()
  await stream.return?.()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})
