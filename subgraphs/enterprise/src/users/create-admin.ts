import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { migrate, onPlatformDatabase } from '@opsource/database'
import { IdSource, systemClock, systemRandom } from '@opsource/kernel'
import { readAdminConfig } from '../config.ts'
import { openDatabase } from '../database.ts'
import { PasswordQueue, parseRegistration } from '../identity/index.ts'
import { Outbox } from '../outbox.ts'
import { createFirstAdmin } from './first-admin.ts'

const USAGE = `usage: npm run admin -- --email ADDRESS [--name NAME] [--password-stdin]
  Makes the first ADMIN, who appoints all others; refuses where there is one.
  --password-stdin  reads the password from standard input; without it one is made up and printed this once
  It works on DATABASE_URL, or without that on the embedded PostgreSQL of npm start (running or not).`
const PASSWORD_BYTES = 18

const refusals = {
  ADMIN_EXISTS: 'there is an ADMIN already: he appoints others with setUserRoles',
  EMAIL_TAKEN: 'there is an account with this e-mail address already',
}

/** @returns what to tell the person who asked. Throws an error that says in one line why there is no new ADMIN. */
async function createAdmin(): Promise<string> {
  const { email, name, 'password-stdin': fromStdin } = flags()
  if (email === undefined) throw new Error(USAGE)
  const madeUp = Buffer.from(systemRandom.bytes(PASSWORD_BYTES)).toString('base64url')
  const password = fromStdin ? (await text(process.stdin)).replace(/\r?\n$/, '') : madeUp
  const parsed = parseRegistration({ email, password, displayName: name ?? 'Admin' })
  if (!parsed.ok) throw new Error(`${parsed.error.field.replace('input.', '')}: ${parsed.error.message}`)
  const passwordHash = await new PasswordQueue().hash(parsed.value.password)
  if (!passwordHash.ok) throw new Error('the password could not be hashed')
  const { displayName } = parsed.value
  const admin = { email: parsed.value.email, displayName, passwordHash: passwordHash.value }
  const { DATABASE_URL: databaseUrl, OPSOURCE_DATA: dataDirectory, OPSOURCE_ROLE_SECRET: secret } = readAdminConfig()
  const created = await onPlatformDatabase('enterprise', { databaseUrl, dataDirectory, secret }, async (url) => {
    await migrate('enterprise', url)
    const database = openDatabase(url)
    const ids = new IdSource(systemClock, systemRandom)
    // Whatever runs the platform relays what is left in the outbox.
    const outbox = new Outbox(database, { wake: () => {} }, systemClock, ids)
    return createFirstAdmin({ outbox, clock: systemClock, ids }, admin).finally(() => database.$disconnect())
  })
  if (!created.ok) throw new Error(refusals[created.error])
  const shown = fromStdin ? '' : `\n  password ${password}\n  It is shown this once.`
  return `✓ ${created.value.email} is ADMIN (${created.value.id})${shown}`
}

function flags() {
  const value = { type: 'string' } as const
  try {
    return parseArgs({ options: { email: value, name: value, 'password-stdin': { type: 'boolean', default: false } } })
      .values
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}

try {
  console.log(await createAdmin())
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
