import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { prepareDatabase } from '@opsource/database'
import { ManualClock, systemClock } from '@opsource/kernel'
import { expect, it, vi } from 'vitest'
import { emptyDatabase } from '../../../../tests/support/database.ts'
import { testPorts } from '../../../../tests/support/ports.ts'
import { LOG_IN, runEnterprise } from '../testing/enterprise.ts'

// Each command is a process of its own that migrates an empty database first: seconds on a busy machine.
vi.setConfig({ testTimeout: 180_000 })

const script = path.join(import.meta.dirname, 'create-admin.ts')

async function createAdmin(databaseUrl: string, args: string[], input = '') {
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, DATABASE_URL: databaseUrl } })
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { out, err, code }
}

it('the first ADMIN is made by command on an empty database, logs in, and stays the only one made so', async () => {
  const database = await emptyDatabase()
  const password = 'a long enough pass phrase'
  const args = ['--email', 'Root@Example.org', '--name', 'Root', '--password-stdin']
  const weak = await createAdmin(database.adminUrl, args, 'short\n')
  expect(weak).toMatchObject({ code: 1, err: '✗ password: A password has at least 12 characters.\n' })

  const many = await Promise.all([1, 2, 3].map(() => createAdmin(database.adminUrl, args, `${password}\n`)))
  expect(many.map(({ code }) => code).sort()).toEqual([0, 1, 1])
  const made = many.find(({ code }) => code === 0)
  expect(made?.out).toMatch(/^✓ root@example\.org is ADMIN \(usr_\w+\)\n$/)
  expect(many.find(({ code }) => code === 1)?.err).toContain('there is an ADMIN already')

  const clock = new ManualClock(systemClock.now())
  const { enterprise: databaseUrl } = await prepareDatabase(database.adminUrl)
  const enterprise = await runEnterprise(testPorts({ databaseUrl, clock }), clock)
  const { data } = await enterprise.ask(LOG_IN, { email: 'root@example.org', password })
  expect(data.logIn.user).toMatchObject({ displayName: 'Root', roles: ['ADMIN'] })
  await enterprise.stop()
  await database.drop()
})

it('a made-up password is shown this once and opens the account', async () => {
  const database = await emptyDatabase()
  const { code, out } = await createAdmin(database.adminUrl, ['--email', 'root@example.org'])
  const password = /password (\S+)\n/.exec(out)?.[1] ?? ''
  expect({ code, length: password.length }).toEqual({ code: 0, length: 24 })
  const clock = new ManualClock(systemClock.now())
  const { enterprise: databaseUrl } = await prepareDatabase(database.adminUrl)
  const enterprise = await runEnterprise(testPorts({ databaseUrl, clock }), clock)
  const { data } = await enterprise.ask(LOG_IN, { email: 'root@example.org', password })
  expect(data.logIn.user.roles).toEqual(['ADMIN'])
  await enterprise.stop()
  await database.drop()
})

it('without an address it tells how it is used', async () => {
  const { code, err } = await createAdmin('postgresql://nobody:x@127.0.0.1:1/none', [])
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('usage: npm run admin') })
})
