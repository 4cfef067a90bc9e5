import { expect, test } from 'vitest'
import { RowRecorder } from './recorder.ts'

const row = (eventTime: number) => ({ eventTime, availableAt: eventTime, values: Float32Array.of(eventTime) })
const timesOf = (recorder: RowRecorder) => recorder.take().flatMap(({ rows }) => rows.map(({ eventTime }) => eventTime))

test('rows wait by view and entity until they are taken, once', () => {
  const recorder = new RowRecorder(() => {})
  recorder.add('a', 'X', row(1))
  recorder.add('a', 'Y', row(2))
  recorder.add('b', 'X', row(3))
  recorder.add('a', 'X', row(4))
  expect(recorder.take().map(({ view, entity, rows }) => [view, entity, rows.length])).toEqual([
    ['a', 'X', 2],
    ['a', 'Y', 1],
    ['b', 'X', 1],
  ])
  expect(recorder.take()).toEqual([])
})

test('what could not be written waits again, before what came since', () => {
  const recorder = new RowRecorder(() => {})
  recorder.add('a', 'X', row(1))
  const [pending] = recorder.take()
  recorder.add('a', 'X', row(2))
  recorder.putBack(pending!)
  expect(timesOf(recorder)).toEqual([1, 2])
})

test('while nothing can be written the oldest rows go, and are counted', () => {
  let dropped = 0
  const recorder = new RowRecorder((_view, _entity, rows) => {
    dropped += rows
  })
  for (let time = 0; time < 10_003; time++) recorder.add('a', 'X', row(time))
  expect(dropped).toBe(3)
  const [pending] = recorder.take()
  expect(pending?.rows[0]?.eventTime).toBe(3)
  recorder.add('a', 'X', row(20_000))
  recorder.putBack(pending!)
  expect(dropped).toBe(4)
  expect(timesOf(recorder)).toHaveLength(10_000)
})
