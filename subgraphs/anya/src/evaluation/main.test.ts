import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'

const directory = mkdtempSync(path.join(tmpdir(), 'evaluate-'))
afterAll(() => rmSync(directory, { recursive: true }))

const evaluate = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(import.meta.dirname, 'main.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, INIT_CWD: directory },
  })

test('without a known kind and a path, the usage is told and nothing else', () => {
  const { status, stdout, stderr } = evaluate('astrology', 'bars.csv')
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^no kind astrology\n/)
  expect(stderr).toContain('var FILE.csv')
})

test.each(['--help', '-h'])('%s tells the usage', (option) => {
  const { status, stdout, stderr } = evaluate(option)
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toContain('forecast FILE.csv')
})

test('a file is looked for where the caller stands; one that is malformed is refused in one line with the place', () => {
  writeFileSync(
    path.join(directory, 'bars.csv'),
    'time,open,high,low,close,volume\n2024-01-02T00:00:00Z,1,2,1,nought,1\n',
  )
  const { status, stdout, stderr } = evaluate('var', 'bars.csv')
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^evaluate: line 2: .+\n$/)
})

test('the verdict is the first that is printed; standard output has JSON alone', () => {
  const line = (day: number) => {
    const close = 100 + 10 * Math.sin(day * day)
    return [new Date(Date.UTC(2010, 0, day)).toISOString(), 100, 120, 80, close, 0].join()
  }
  const days = Array.from({ length: 1_300 }, (_, day) => line(day))
  writeFileSync(path.join(directory, 'days.csv'), ['time,open,high,low,close,volume', ...days].join('\r\n'))
  const { status, stdout } = evaluate('var', 'days.csv')
  expect(status).toBe(0)
  expect(Object.keys(JSON.parse(stdout)).slice(0, 4)).toEqual(['kind', 'verdict', 'missed', 'targets'])
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: 'TOO FEW DAYS: 299, and 1000 are needed',
    input: { bars: 1_300, outOfOrder: 0 },
  })
})
