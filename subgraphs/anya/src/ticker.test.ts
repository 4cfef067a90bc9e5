import { systemClock } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { Ticker } from './ticker.ts'

test('turns come at full intervals of the clock and never overlap', async () => {
  const starts: number[] = []
  let inHand = 0
  let most = 0
  const ticker = new Ticker(50, systemClock, async () => {
    starts.push(systemClock.now() % 50)
    most = Math.max(most, ++inHand)
    await new Promise((resolve) => setTimeout(resolve, 70))
    inHand--
  })
  await expect.poll(() => starts.length, { timeout: 5_000 }).toBeGreaterThan(3)
  await ticker.close()
  expect(most).toBe(1)
  // A timer may fire a millisecond early, and later on a busy machine.
  expect(starts.map((offset) => Math.min(offset, 50 - offset)).sort((a, b) => a - b)[0]).toBeLessThan(10)
})

test('close waits for the turn in hand, and no other begins', async () => {
  let turns = 0
  let isDone = false
  const ticker = new Ticker(10, systemClock, async () => {
    turns++
    await new Promise((resolve) => setTimeout(resolve, 40))
    isDone = true
  })
  await expect.poll(() => turns, { timeout: 5_000 }).toBe(1)
  await ticker.close()
  expect(isDone).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(turns).toBe(1)
})
