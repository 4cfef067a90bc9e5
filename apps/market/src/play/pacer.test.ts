import { ManualClock } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { Pacer } from './pacer.ts'

function paced(speed: number | 'max') {
  const clock = new ManualClock(50_000)
  const pacer = new Pacer(clock, speed, async (ms) => clock.advance(ms))
  return { clock, pacer }
}

test('recorded moments come at their distance from the first, divided by the speed', async () => {
  const { clock, pacer } = paced(4)
  await pacer.until(1_000)
  expect(clock.now()).toBe(50_000)
  await pacer.until(3_000)
  expect(clock.now()).toBe(50_500)
})

test('what is late does not wait, and is told how late it is', async () => {
  const { clock, pacer } = paced(1)
  await pacer.until(1_000)
  clock.advance(700)
  await pacer.until(1_200)
  expect(pacer.lag(1_200)).toBe(500)
})

test('nothing is late at speed max', async () => {
  const { clock, pacer } = paced('max')
  await pacer.until(0)
  await pacer.until(1_000_000)
  expect(clock.now()).toBe(50_000)
  expect(pacer.lag(0)).toBe(0)
})

test('after the exchange was away the recording goes on where it was', async () => {
  const { clock, pacer } = paced(1)
  await pacer.until(0)
  clock.advance(60_000)
  pacer.postpone(60_000)
  expect(pacer.lag(0)).toBe(0)
})

test('a recording that begins again begins at once', async () => {
  const { clock, pacer } = paced(1)
  await pacer.until(0)
  await pacer.until(5_000)
  pacer.restart()
  await pacer.until(0)
  expect(clock.now()).toBe(55_000)
})
