import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { refusalOf, StoreError } from './refusal.ts'

test('what the operating system or DuckDB says is told without the paths in it', async () => {
  const missing: unknown = await readFile('/srv/some one/features/bars.parquet').catch((error: unknown) => error)
  const { code, message } = refusalOf(missing)
  expect(code).toBe('FAILED')
  expect(message).toContain('no such file or directory')
  expect(message).not.toMatch(/srv|some one|features/)
  const duck = new Error('IO Error: Cannot open file "/srv/a b/c.parquet": Permission denied\nat /srv/x')
  expect(refusalOf(duck).message).toBe('Error: IO Error: Cannot open file …: Permission denied')
  expect(refusalOf(new Error('cannot write /srv/x/y.tmp, ends')).message).toBe('Error: cannot write …, ends')
})

test('a full disk is told as that, and what the store itself says word for word', () => {
  expect(refusalOf(new Error('ENOSPC: no space left on device, write')).code).toBe('DISK_FULL')
  const own = new StoreError('NO_SOURCE', 'The history data/hourly/eurusd.csv.gz is not there.')
  expect(refusalOf(own)).toEqual({ code: 'NO_SOURCE', message: 'The history data/hourly/eurusd.csv.gz is not there.' })
})
