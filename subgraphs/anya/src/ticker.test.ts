import { systemClock } from '@opsource/kernel'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Ticker } from './ticker.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_020 })
})
afterEach(() => {
  vi.useRealTimers()
})

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

test('turns come at full intervals of the clock, and one that takes longer leaves out those it covers', async () => {
  const starts: number[] = []
  const ticker = new Ticker(50, systemClock, async () => {
    starts.push(systemClock.now())
    await sleep(70)
  })
  await vi.advanceTimersByTimeAsync(250)
  const closing = ticker.close()
  await vi.runAllTimersAsync()
  await closing
  expect(starts).toEqual([1_050, 1_150, 1_250])
})

test('close waits for the turn in hand, and no other begins', async () => {
  let turns = 0
  let isDone = false
  const ticker = new Ticker(10, systemClock, async () => {
    turns++
    await sleep(40)
    isDone = true
  })
  await vi.advanceTimersByTimeAsync(10)
  expect(turns).toBe(1)
  let isClosed = false
  const closing = ticker.close().then(() => {
    isClosed = true
  })
  await vi.advanceTimersByTimeAsync(39)
  expect(isClosed).toBe(false)
  await vi.advanceTimersByTimeAsync(100)
  await closing
  expect(isDone).toBe(true)
  expect(turns).toBe(1)
})
