import { expect, test } from 'vitest'
import { Mailbox } from './mailbox.ts'

const failing = { limit: 2, overflow: () => ({ fail: new Error('too slow') }) }

test('values arrive in order, also those pushed before anyone reads', async () => {
  const mailbox = new Mailbox<number>(failing)
  mailbox.push(1)
  mailbox.push(2)
  expect(await mailbox.next()).toEqual({ done: false, value: 1 })
  const later = Promise.all([mailbox.next(), mailbox.next()])
  mailbox.push(3)
  expect((await later).map((result) => result.value)).toEqual([2, 3])
})

test('a log that overflows ends with its error and keeps nothing of what is no longer complete', async () => {
  let closed = 0
  const mailbox = new Mailbox<number>({ ...failing, onClose: () => closed++ })
  for (const value of [1, 2, 3, 4]) mailbox.push(value)
  await expect(mailbox.next()).rejects.toThrow('too slow')
  expect(await mailbox.next()).toEqual({ done: true, value: undefined })
  expect(closed).toBe(1)
})

test('a state that overflows keeps the newest', async () => {
  const mailbox = new Mailbox<number>({ limit: 1, overflow: (newest) => ({ replace: [newest] }) })
  for (const value of [1, 2, 3]) mailbox.push(value)
  expect((await mailbox.next()).value).toBe(3)
})

test('return() wakes a parked reader and lets go of the source', async () => {
  let closed = 0
  const mailbox = new Mailbox<number>({ ...failing, onClose: () => closed++ })
  const parked = mailbox.next()
  await mailbox.return()
  expect(await parked).toEqual({ done: true, value: undefined })
  expect(closed).toBe(1)
  mailbox.push(1)
  expect((await mailbox.next()).done).toBe(true)
})

test('the end comes after what waits', async () => {
  const mailbox = new Mailbox<number>(failing)
  mailbox.push(1)
  mailbox.end()
  expect((await mailbox.next()).value).toBe(1)
  expect((await mailbox.next()).done).toBe(true)
})

test('a reader that fell behind keeps nothing and costs nothing until it comes, then starts afresh', async () => {
  let made = 0
  const mailbox = new Mailbox<number>({ limit: 2, overflow: () => ({ restart: () => 100 + made++ }) })
  for (let value = 1; value < 50; value++) mailbox.push(value)
  expect(made).toBe(0)
  expect((await mailbox.next()).value).toBe(100)
  mailbox.push(50)
  expect((await mailbox.next()).value).toBe(50)
  expect(made).toBe(1)
})

test('the overflow may choose among what waits', async () => {
  const mailbox = new Mailbox<number>({
    limit: 2,
    overflow: (incoming, waiting) => ({ replace: [waiting[0]!, incoming] }),
  })
  for (const value of [1, 2, 3, 4]) mailbox.push(value)
  expect([(await mailbox.next()).value, (await mailbox.next()).value]).toEqual([1, 4])
})
