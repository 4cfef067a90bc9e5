import { expect, test } from 'vitest'
import { StateStream } from './state-stream.ts'

const heard = async (reader: AsyncIterator<number>) => (await reader.next()).value

test('a reader gets the state at once, then each that differs, and a slow one the newest', async () => {
  let state = 1
  const stream = new StateStream(
    () => state,
    (a, b) => a === b,
  )
  const reader = stream.watch()
  expect(await heard(reader)).toBe(1)
  stream.changed()
  state = 2
  stream.changed()
  state = 3
  stream.changed()
  expect(await heard(reader)).toBe(3)
})

test('who joins between a change and its being told keeps it from nobody', async () => {
  let state = 1
  const stream = new StateStream(
    () => state,
    (a, b) => a === b,
  )
  const first = stream.watch()
  expect(await heard(first)).toBe(1)
  state = 2
  expect(await heard(stream.watch())).toBe(2)
  stream.changed()
  stream.close()
  expect(await heard(first)).toBe(2)
})
