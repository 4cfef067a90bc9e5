import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openLog } from './log.ts'

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
  const log = openLog({ level: 'info', destination: file() })
  for (let n = 0; n < 1_000; n++) log.info({ n }, `line ${n}`)
  const written = lines().length
  expect(written).toBeGreaterThan(500)
  expect(written).toBeLessThan(1_000)
  await expect.poll(() => lines().length, { timeout: 40_000 }).toBe(1_000)
  expect(lines().map(({ msg }) => msg)).toEqual(Array.from({ length: 1_000 }, (_, n) => `line ${n}`))
  expect(lines()[0]).toMatchObject({ level: 30, service: 'gateway', n: 0 })
})

it('writes a warning at once, with all before it', () => {
  const log = openLog({ level: 'info', destination: file() })
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
    openLog({ level: 'info', destination: ${JSON.stringify(file())} }).info('last words')
    ${ending}`
  try {
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' })
  } catch {
    // It was to end so.
  }
  expect(lines().map(({ msg }) => msg)).toEqual(['last words'])
})
