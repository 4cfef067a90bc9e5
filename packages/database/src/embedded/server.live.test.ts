import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeReadable } from './account.ts'
import { directoriesOf, findPostgres, startPostgres } from './server.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'opsource-server-'))
  // PostgreSQL's own user must reach it where the tests run as root.
  chmodSync(directory, 0o755)
})

afterEach(async () => {
  await findPostgres(directory)?.stop()
  for (const each of directoriesOf(directory)) rmSync(each, { recursive: true, force: true })
})

async function ask(adminUrl: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: adminUrl })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('data, password and port outlive a stop', async () => {
  const first = await startPostgres({ directory })
  await ask(first.adminUrl, 'CREATE TABLE kept AS SELECT 1 AS value')
  await first.stop()
  expect(findPostgres(directory)).toBeUndefined()
  const second = await startPostgres({ directory })
  expect(second.adminUrl).toBe(first.adminUrl)
  expect(await ask(second.adminUrl, 'SELECT value FROM kept')).toEqual([{ value: 1 }])
})

test('a port that someone else has taken meanwhile is left to them', async () => {
  const first = await startPostgres({ directory })
  await first.stop()
  const other = createServer().listen(first.port, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const second = await startPostgres({ directory })
  other.close()
  expect(second.port).not.toBe(first.port)
})

test('what is committed survives kill -9 of the server', async () => {
  const first = await startPostgres({ directory })
  await ask(first.adminUrl, 'CREATE TABLE kept AS SELECT 1 AS value')
  process.kill(first.pid, 'SIGKILL')
  const second = await startPostgres({ directory })
  expect(second.reused).toBe(false)
  expect(await ask(second.adminUrl, 'SELECT value FROM kept')).toEqual([{ value: 1 }])
})

test('a server that runs already is taken over, and fsync stays on', async () => {
  const first = await startPostgres({ directory })
  const second = await startPostgres({ directory })
  expect(second).toMatchObject({ reused: true, pid: first.pid, adminUrl: first.adminUrl })
  expect(await ask(second.adminUrl, 'SHOW fsync')).toEqual([{ fsync: 'on' }])
  expect(await ask(second.adminUrl, 'SHOW max_connections')).toEqual([{ max_connections: '200' }])
})

test('a cluster whose making was cut short is made again', async () => {
  const first = await startPostgres({ directory })
  await first.stop()
  rmSync(path.join(first.directory, 'initialised'))
  writeFileSync(path.join(first.directory, 'cluster', 'PG_VERSION'), '')
  const second = await startPostgres({ directory })
  expect(await ask(second.adminUrl, 'SELECT 1 AS value')).toEqual([{ value: 1 }])
})

test('what is copied for another user can be read by them, however it was unpacked', () => {
  const [folder, tool, text] = ['bin', 'bin/tool', 'bin/text'].map((name) => path.join(directory, name))
  mkdirSync(folder ?? '', { mode: 0o700 })
  writeFileSync(tool ?? '', '', { mode: 0o700 })
  writeFileSync(text ?? '', '', { mode: 0o600 })
  symlinkSync('/nowhere', path.join(directory, 'dangling'))
  makeReadable(directory)
  const modes = [directory, folder, tool, text].map((file) => statSync(file ?? '').mode & 0o777)
  expect(modes).toEqual([0o755, 0o755, 0o755, 0o644])
})

// Only root runs the server as somebody else.
test.skipIf(process.getuid?.() !== 0)('a root whose umask shuts everybody out starts it all the same', async () => {
  chmodSync(directory, 0o700)
  const umask = process.umask(0o077)
  try {
    const server = await startPostgres({ directory })
    expect(await ask(server.adminUrl, 'SELECT 1 AS value')).toEqual([{ value: 1 }])
    expect(statSync(path.join(server.directory, 'cluster')).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(server.directory, 'password')).mode & 0o777).toBe(0o600)
  } finally {
    process.umask(umask)
  }
})

// Only root runs the server as somebody else.
test.skipIf(process.getuid?.() !== 0)('where PostgreSQL’s user may not enter, the data lies elsewhere', async () => {
  chmodSync(directory, 0o700)
  const server = await startPostgres({ directory })
  expect(server.directory).not.toBe(directory)
  expect(statSync(path.join(server.directory, 'cluster')).uid).not.toBe(0)
  expect(directoriesOf(directory)).toContain(server.directory)
  expect(existsSync(path.join(directory, 'cluster'))).toBe(false)
})
