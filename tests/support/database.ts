import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Domain, domains, migrate, poolConfig, prepareDatabase, quoted } from '@opsource/database'
import { Client } from 'pg'
import { inject } from 'vitest'

const GOODBYE_LIMIT_MS = 2_000
const POLL_MS = 20

export interface FreshDatabase {
  /** The domain's own role on its own schema, migrated. */
  readonly url: string
  /** The superuser's URL of the same database. */
  readonly adminUrl: string
  /** Ends whoever is still connected. */
  drop(): Promise<void>
}

/** An empty database of its own, without roles or schemas, as at a first start. */
export async function emptyDatabase(): Promise<Omit<FreshDatabase, 'url'>> {
  return copyOf('template1')
}

/** A database of its own with all domains' migrated schemas, as a platform finds it that was started before. */
export async function platformDatabase(): Promise<Omit<FreshDatabase, 'url'>> {
  return copyOf(await templateOf('template_platform', domains))
}

/** The domain's migrated schema in a database of its own: a copy of a template that is migrated once per run. */
export async function freshDatabase(domain: Domain): Promise<FreshDatabase> {
  const copy = await copyOf(await templateOf(`template_${domain}`, [domain]))
  const urls = await prepareDatabase(copy.adminUrl)
  return { ...copy, url: urls[domain] }
}

async function templateOf(template: string, migrated: readonly Domain[]): Promise<string> {
  await asAdmin('postgres', async (admin) => {
    // Held while the template is made, by whichever test process comes first.
    await admin.query('SELECT pg_advisory_lock(hashtext($1))', [template])
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1 AND datistemplate', [template])
    if (rowCount) return
    await admin.query(`DROP DATABASE IF EXISTS ${quoted(template)} WITH (FORCE)`)
    await admin.query(`CREATE DATABASE ${quoted(template)}`)
    const urls = await prepareDatabase(urlOf(template))
    for (const domain of migrated) await migrate(domain, urls[domain])
    await admin.query(`ALTER DATABASE ${quoted(template)} IS_TEMPLATE true ALLOW_CONNECTIONS false`)
  })
  return template
}

async function copyOf(template: string): Promise<Omit<FreshDatabase, 'url'>> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await asAdmin('postgres', async (admin) => {
    // One copy at a time: PostgreSQL refuses a template that another session is copying.
    await admin.query('SELECT pg_advisory_lock(hashtext($1))', [`copy ${template}`])
    await admin.query(`CREATE DATABASE ${quoted(name)} TEMPLATE ${quoted(template)}`)
  })
  const drop = () =>
    asAdmin('postgres', async (admin) => {
      await goodbyes(admin, name)
      await admin.query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`)
    })
  return { adminUrl: urlOf(name), drop }
}

/** `end` of a pool resolves before its sessions have gone; one that is cut while it goes is an error that nobody hears. */
async function goodbyes(admin: Client, database: string): Promise<void> {
  for (let waited = 0; waited < GOODBYE_LIMIT_MS; waited += POLL_MS) {
    const { rowCount } = await admin.query('SELECT FROM pg_stat_activity WHERE datname = $1', [database])
    if (!rowCount) return
    await sleep(POLL_MS)
  }
}

function urlOf(database: string): string {
  const url = new URL(inject('adminUrl'))
  url.pathname = `/${database}`
  return url.toString()
}

async function asAdmin(database: string, work: (admin: Client) => Promise<void>): Promise<void> {
  const admin = new Client(poolConfig(urlOf(database)))
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
