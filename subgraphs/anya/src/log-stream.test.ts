import { expect, it } from 'vitest'
import { logStream } from './log-stream.ts'

function streamOf() {
  const told: { tell: (event: number) => void; isListening: boolean } = { tell: () => {}, isListening: true }
  const stream = logStream<number>((tell) => {
    told.tell = tell
    return () => {
      told.isListening = false
    }
  }, 'Begin again.')
  return { told, stream }
}

it('gives everything in order, before it is asked for and after', async () => {
  const { told, stream } = streamOf()
  told.tell(1)
  told.tell(2)
  expect([await stream.next(), await stream.next()].map(({ value }) => value)).toEqual([1, 2])
  const third = stream.next()
  told.tell(3)
  expect((await third).value).toBe(3)
  const waiting = stream.next()
  await stream.return?.()
  expect((await waiting).done).toBe(true)
  expect(told.isListening).toBe(false)
})

it('ends a reader that falls 256 behind, and listens for it no more', async () => {
  const { told, stream } = streamOf()
  for (let i = 0; i < 257; i++) told.tell(i)
  expect(told.isListening).toBe(false)
  await expect(stream.next()).rejects.toMatchObject({ extensions: { code: 'SUBSCRIPTION_GAP' } })
  expect((await stream.next()).done).toBe(true)
})
