import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ManualClock, systemClock } from '@opsource/kernel'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openLog } from './log.ts'
import type { OperationLine } from './request-log.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gateway-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = () => path.join(folder, 'log')
const lines = (): { level: number; msg: string; service: string }[] =>
  readFileSync(file(), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

it('writes many lines at once, in order, and none twice', async () => {
  const { log } = openLog({ level: 'info', clock: systemClock, destination: file() })
  for (let n = 0; n < 1_000; n++) log.info({ n }, `line ${n}`)
  const written = lines().length
  expect(written).toBeGreaterThan(500)
  expect(written).toBeLessThan(1_000)
  await expect.poll(() => lines().length, { timeout: 40_000 }).toBe(1_000)
  expect(lines().map(({ msg }) => msg)).toEqual(Array.from({ length: 1_000 }, (_, n) => `line ${n}`))
  expect(lines()[0]).toMatchObject({ level: 30, service: 'gateway', n: 0 })
})

it('writes a warning at once, with all before it', () => {
  const { log } = openLog({ level: 'info', clock: systemClock, destination: file() })
  log.info('before')
  expect(lines()).toEqual([])
  log.warn('now')
  expect(lines().map(({ msg }) => msg)).toEqual(['before', 'now'])
})

it.each([
  ['ends by itself', ''],
  ['is told to end', 'process.exit(3)'],
  ['fails', 'throw new Error("failed")'],
])('loses nothing where the process %s', (_, ending) => {
  const program = `
    const { openLog } = await import(${JSON.stringify(path.join(import.meta.dirname, 'log.ts'))})
    openLog({ level: 'info', clock: { now: () => 0 }, destination: ${JSON.stringify(file())} }).log.info('last words')
    ${ending}`
  try {
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' })
  } catch {
    // It was to end so.
  }
  expect(lines().map(({ msg }) => msg)).toEqual(['last words'])
})

it.each<[string, OperationLine]>([
  [
    'nothing amiss',
    { requestId: 'r', traceId: null, userId: null, client: null, type: 'query', operation: null, ms: 0.25, codes: [] },
  ],
  [
    'all that there is to say',
    {
      requestId: 'r',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      userId: 'usr_1',
      client: 'web 1.4.2',
      type: 'mutation',
      operation: 'Odd"\\\n\u0000\u2028é🚀\ud800',
      ms: 12_000,
      codes: ['FORBIDDEN', 'BAD "CODE"'],
    },
  ],
])('writes the line of an operation with %s like every other', (_, line) => {
  const { log, operationLines } = openLog({ level: 'info', clock: new ManualClock(1_000), destination: file() })
  operationLines(line)
  log.info(line, 'operation')
  log.warn('now')
  const [own, pinos] = lines()
  expect(own).toEqual({ ...pinos, time: 1_000 })
  expect(Object.keys(own ?? {})).toEqual(Object.keys(pinos ?? {}))
})

it('writes no line of an operation where the log is for worse', () => {
  const { log, operationLines } = openLog({ level: 'warn', clock: systemClock, destination: file() })
  operationLines({
    requestId: 'r',
    traceId: null,
    userId: null,
    client: null,
    type: 'query',
    operation: null,
    ms: 1,
    codes: [],
  })
  log.warn('now')
  expect(lines()).toHaveLength(1)
})
