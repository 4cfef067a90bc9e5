import { expect, test } from 'vitest'
import { waitAtMost } from './patience.ts'

test('what ends is waited for, however it ends', async () => {
  let hasEnded = false
  const work = new Promise((resolve) => setTimeout(resolve, 20)).then(() => {
    hasEnded = true
  })
  await waitAtMost(60_000, work)
  expect(hasEnded).toBe(true)
  await expect(waitAtMost(60_000, Promise.reject(new Error('in vain')))).rejects.toThrow('in vain')
})

test('what hangs is left behind', async () => {
  await waitAtMost(5, new Promise(() => {}))
})
