import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyDatabase } from '../../../tests/support/database.ts'
import { directoriesOf, findPostgres, onPlatformDatabase, poolConfig, startPostgres } from './index.ts'

const PATIENCE_MS = 120_000

let dataDirectory: string
let cluster: string

beforeAll(() => {
  dataDirectory = mkdtempSync(path.join(tmpdir(), 'opsource-platform-'))
  chmodSync(dataDirectory, 0o755)
  cluster = path.join(dataDirectory, 'postgres')
})
afterAll(async () => {
  await findPostgres(cluster)?.stop()
  for (const each of [dataDirectory, ...directoriesOf(cluster)]) rmSync(each, { recursive: true, force: true })
})

async function whoami(url: string): Promise<unknown> {
  const client = new Client(poolConfig(url))
  await client.connect()
  try {
    return (await client.query('SELECT current_user AS role, current_schema() AS schema')).rows[0]
  } finally {
    await client.end()
  }
}

const ANYA = { role: 'opsource_anya', schema: 'anya' }

test(
  'a command works as its domain’s role on the embedded server, which it starts and stops where nothing runs',
  async () => {
    expect(await onPlatformDatabase('anya', { dataDirectory }, whoami)).toEqual(ANYA)
    expect(findPostgres(cluster)).toBeUndefined()
  },
  PATIENCE_MS,
)

test(
  'who comes meanwhile, to whichever database, or was there before keeps the server',
  async () => {
    const platform = await onPlatformDatabase('anya', { dataDirectory }, async () => {
      const { adminUrl } = await startPostgres({ directory: cluster })
      const elsewhere = new URL(adminUrl)
      elsewhere.pathname = '/postgres'
      const client = new Client(poolConfig(elsewhere.toString()))
      await client.connect()
      return client
    })
    expect((await platform.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    expect(await onPlatformDatabase('anya', { dataDirectory }, whoami)).toEqual(ANYA)
    await platform.end()
    expect(findPostgres(cluster)).toBeDefined()
  },
  PATIENCE_MS,
)

test(
  'an administrator’s URL is turned into the domain’s own, and its own is taken as it is',
  async () => {
    const database = await emptyDatabase()
    try {
      const given = { dataDirectory, databaseUrl: database.adminUrl }
      const own = await onPlatformDatabase('anya', given, async (url) => url)
      expect(await whoami(own)).toEqual(ANYA)
      expect(await onPlatformDatabase('anya', { ...given, databaseUrl: own }, async (url) => url)).toBe(own)
    } finally {
      await database.drop()
    }
  },
  PATIENCE_MS,
)
