import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyDatabase, type FreshDatabase } from '../../../tests/support/database.ts'
import { type DomainUrls, domains, migrate, poolConfig, prepareDatabase } from './index.ts'

let database: Omit<FreshDatabase, 'url'>
let urls: DomainUrls

beforeEach(async () => {
  database = await emptyDatabase()
  urls = await prepareDatabase(database.adminUrl)
})
afterEach(() => database.drop())

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(poolConfig(url))
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('each domain works in its own schema, under its own role', async () => {
  for (const domain of domains) {
    const [row] = await ask(urls[domain], 'SELECT current_user AS role, current_schema() AS schema')
    expect(row).toEqual({ role: `opsource_${domain}`, schema: domain })
  }
})

test('no domain can read or write what belongs to another', async () => {
  await ask(urls.dash33, 'CREATE TABLE secret (value int)')
  await expect(ask(urls.anya, 'SELECT * FROM dash33.secret')).rejects.toThrow('permission denied for schema dash33')
  await expect(ask(urls.anya, 'CREATE TABLE dash33.intruder ()')).rejects.toThrow('permission denied for schema dash33')
  await expect(ask(urls.anya, 'CREATE TABLE public.intruder ()')).rejects.toThrow('permission denied for schema public')
  await expect(ask(urls.anya, 'CREATE SCHEMA intruder')).rejects.toThrow('permission denied for database')
  await expect(ask(urls.anya, 'SET ROLE opsource_dash33')).rejects.toThrow('permission denied to set role')
})

test('preparing twice, or at the same moment, changes nothing', async () => {
  const again = await Promise.all([1, 2, 3].map(() => prepareDatabase(database.adminUrl)))
  for (const each of again) expect(each).toEqual(urls)
})

test('every migration history applies once, and a second start finds nothing to do', async () => {
  for (const domain of domains) {
    await migrate(domain, urls[domain])
    expect(await migrate(domain, urls[domain])).toEqual([])
  }
})

test('of four processes that migrate at once, each migration is applied by exactly one', async () => {
  const fresh = await emptyDatabase()
  try {
    const { mobile } = await prepareDatabase(fresh.adminUrl)
    const applied = (await Promise.all([1, 2, 3, 4].map(() => migrate('mobile', mobile)))).flat()
    expect(new Set(applied).size).toBe(applied.length)
  } finally {
    await fresh.drop()
  }
})
