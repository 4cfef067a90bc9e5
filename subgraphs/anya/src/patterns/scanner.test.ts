import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { recordedHours } from '../testing/recorded-hours.ts'
import { columnsOf } from './recogniser.ts'
import { Scanner } from './scanner.ts'
import { Talib } from './talib.ts'

const hours = recordedHours()
const columns = columnsOf(hours.slice(0, 500))
const restarts: string[] = []
const observer = { scanned: () => {}, scannerRestarted: (reason: string) => void restarts.push(reason) }

// Threads start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 20_000 })

let scanner: Scanner
beforeEach(() => {
  scanner = new Scanner(observer)
  restarts.length = 0
})
afterEach(() => scanner.close())

test('the thread finds what TA-Lib finds', async () => {
  await scanner.start()
  expect(await scanner.scan(columns, 100)).toEqual({ ok: true, value: (await Talib.load()).scan(columns, 100) })
})

test('a thread that dies refuses what waits, is started again, and answers as before', async () => {
  await scanner.start()
  const before = await scanner.scan(columns, 0)
  const asked = scanner.scan(columns, 0)
  await scanner.restart()
  expect([await asked, await scanner.scan(columns, 0)]).toContainEqual({ ok: false, error: 'AWAY' })
  await expect.poll(() => scanner.isReady).toBe(true)
  expect(await scanner.scan(columns, 0)).toEqual(before)
  expect(restarts).toHaveLength(1)
})

test('a scan that takes too long is refused as such, and its thread replaced', async () => {
  scanner = new Scanner(observer, 1)
  await scanner.start()
  const long = columnsOf([...hours, ...hours])
  expect(await scanner.scan(long, 0)).toEqual({ ok: false, error: 'TIMED_OUT' })
  await expect.poll(() => restarts.length).toBe(1)
  await expect.poll(() => scanner.isReady).toBe(true)
})

test('more scans than may wait, and more bars than fit, are refused', async () => {
  await scanner.start()
  const answers = await Promise.all(Array.from({ length: 70 }, () => scanner.scan(columns, 0)))
  expect(answers.filter(({ ok }) => ok)).toHaveLength(64)
  expect(answers.at(-1)).toEqual({ ok: false, error: 'BUSY' })
  const many = new Float64Array(100_001)
  const tooMany = { open: many, high: many, low: many, close: many }
  expect(await scanner.scan(tooMany, 0)).toEqual({ ok: false, error: 'INVALID' })
  expect(await scanner.scan({ ...columns, low: many }, 0)).toEqual({ ok: false, error: 'INVALID' })
})

test('after close nothing is answered', async () => {
  await scanner.start()
  await scanner.close()
  expect(await scanner.scan(columns, 0)).toEqual({ ok: false, error: 'AWAY' })
})
