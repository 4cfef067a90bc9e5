import { createHmac } from 'node:crypto'
import { Client, DatabaseError } from 'pg'
import { poolConfig, quoted } from './connection.ts'
import { type Domain, domains } from './domain.ts'

/** Attempts at a statement on shared catalogues that another start may be changing at this moment. */
const CATALOGUE_ATTEMPTS = 20
const CATALOGUE_RETRY_MS = 50
/** duplicate_object, unique_violation, internal_error ("tuple concurrently updated") */
const CATALOGUE_RACES = new Set(['42710', '23505', 'XX000'])

export type DomainUrls = Readonly<Record<Domain, string>>

/**
 * Gives every domain its own role, which owns its own schema and may not see the others', on the administrator's database.
 * Repeatable. `secret` keys the roles' passwords; it defaults to the administrator's own password.
 * @returns a connection URL per domain.
 */
export async function prepareDatabase(adminUrl: string, options: { secret?: string } = {}): Promise<DomainUrls> {
  const secret = options.secret ?? decodeURIComponent(new URL(adminUrl).password)
  if (!secret) throw new Error('the database URL has no password to derive the domain roles’ passwords from')
  const urls = domainUrls(adminUrl, secret)
  const admin = new Client(poolConfig(adminUrl))
  await admin.connect()
  try {
    await onCatalogue(() => admin.query(`REVOKE CREATE ON SCHEMA public FROM PUBLIC`))
    for (const domain of domains) await prepareDomain(admin, domain, urls[domain])
  } finally {
    await admin.end()
  }
  return urls
}

/** @returns the URLs that `prepareDatabase` makes valid. */
function domainUrls(adminUrl: string, secret: string): DomainUrls {
  const urlOf = (domain: Domain): string => {
    const url = new URL(adminUrl)
    url.username = roleOf(domain)
    url.password = createHmac('sha256', secret).update(`opsource role ${domain}`).digest('base64url')
    url.searchParams.set('schema', domain)
    return url.toString()
  }
  return { anya: urlOf('anya'), dash33: urlOf('dash33'), enterprise: urlOf('enterprise'), mobile: urlOf('mobile') }
}

function roleOf(domain: Domain): string {
  return `opsource_${domain}`
}

async function prepareDomain(admin: Client, domain: Domain, url: string): Promise<void> {
  const role = quoted(roleOf(domain))
  if (!(await canLogIn(url))) {
    const password = admin.escapeLiteral(decodeURIComponent(new URL(url).password))
    const { rowCount } = await admin.query('SELECT FROM pg_roles WHERE rolname = $1', [roleOf(domain)])
    const verb = rowCount ? 'ALTER' : 'CREATE'
    await onCatalogue(() =>
      admin
        .query(`${verb} ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${password}`)
        .catch((error: unknown) => {
          if (codeOf(error) === '42710') return admin.query(`ALTER ROLE ${role} LOGIN PASSWORD ${password}`)
          throw error
        }),
    )
  }
  // An administrator who is no superuser may hand a schema only to a role that he is a member of.
  const { rows } = await admin.query<{ member: boolean }>(`SELECT pg_has_role(current_user, $1, 'MEMBER') AS member`, [
    roleOf(domain),
  ])
  if (!rows[0]?.member) await onCatalogue(() => admin.query(`GRANT ${role} TO CURRENT_USER`))
  await onCatalogue(() => admin.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(domain)} AUTHORIZATION ${role}`))
  await onCatalogue(() => admin.query(`REVOKE ALL ON SCHEMA ${quoted(domain)} FROM PUBLIC`))
}

async function canLogIn(url: string): Promise<boolean> {
  const client = new Client(poolConfig(url))
  try {
    await client.connect()
    await client.end()
    return true
  } catch (error) {
    // invalid_password, invalid_authorization_specification: the role is missing or has another password.
    if (codeOf(error)?.startsWith('28')) return false
    throw error
  }
}

async function onCatalogue(statement: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await statement()
      return
    } catch (error) {
      if (attempt === CATALOGUE_ATTEMPTS || !CATALOGUE_RACES.has(codeOf(error) ?? '')) throw error
      await new Promise((resolve) => setTimeout(resolve, CATALOGUE_RETRY_MS))
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined
}
