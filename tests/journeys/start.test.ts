import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { directoriesOf, findPostgres } from '@opsource/database'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { freePort } from '../support/server-process.ts'
import { until } from '../support/waiting.ts'
import { Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const CARD = 'OPSource runs'
const START_PATIENCE_MS = 110_000
const TRADER = { email: 'trader@demo.opsource.local', password: 'demo-trader-2024' }

let data: string
let started: Program[]

/** A folder of data for the tests of one block, and what they started ended after them. */
function onOwnData(): void {
  beforeAll(() => {
    data = mkdtempSync(path.join(tmpdir(), 'opsource-start-'))
    // PostgreSQL's own user must reach it where the tests run as root.
    chmodSync(data, 0o755)
    started = []
  })
  afterAll(async () => {
    for (const program of started) await program.end('SIGKILL')
    await findPostgres(path.join(data, 'postgres'))?.stop()
    for (const each of [data, ...directoriesOf(path.join(data, 'postgres'))])
      rmSync(each, { recursive: true, force: true })
  })
}

/** What `npm start` and `npm run reset` run, as a program. */
class Program {
  readonly #child: ChildProcess
  readonly exited: Promise<number | null>
  output = ''

  constructor(script: string, args: readonly string[], environment: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, [path.join(ROOT, script), ...args], {
      env: { ...process.env, OPSOURCE_DATA: data, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk
      })
    }
    this.exited = new Promise((resolve) => this.#child.once('close', resolve))
    started.push(this)
  }

  async says(text: string): Promise<void> {
    await until(`“${text}”`, () => this.output.includes(text), START_PATIENCE_MS)
  }

  async end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.#child.kill(signal)
    return this.exited
  }
}

const startWithMarket = (...args: string[]) => new Program('apps/standalone/src/main.ts', args)
const start = (...args: string[]) => startWithMarket('--no-market', ...args)
const reset = () => new Program('tools/reset.ts', [])
const postgres = () => findPostgres(path.join(data, 'postgres'))

async function startOn(port: number): Promise<Visitor> {
  const program = start('--port', String(port))
  await program.says(CARD)
  return new Visitor(`http://127.0.0.1:${port}/graphql`)
}

async function funds(visitor: Visitor): Promise<string | undefined> {
  const trader = await Trader.logIn(visitor, TRADER.email, TRADER.password)
  return (await trader.balances()).USDT?.total
}

const userSchema = z.object({ users: z.object({ edges: z.array(z.object({ node: z.object({ id: z.string() }) })) }) })
const operator = async (visitor: Visitor) =>
  (await Trader.logIn(visitor, 'operator@demo.opsource.local', 'demo-operator-2024')).visitor
const newest = () => {
  const program = started.at(-1)
  if (!program) throw new Error('nothing was started')
  return program
}

describe('what cannot start', () => {
  onOwnData()

  test('a busy port is refused in one line, before anything is started', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => blocker.once('listening', resolve))
    const address = blocker.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const program = start('--port', String(port))
    expect(await program.exited).toBe(1)
    blocker.close()
    expect(program.output).toMatch(new RegExp(`^\\n✗ Port ${port} is in use: .*\\n$`))
    expect(existsSync(path.join(data, 'postgres'))).toBe(false)
  })

  test('a folder that cannot be written is refused in one line', async () => {
    // Below a file nobody may make a folder, root included.
    const folder = path.join(ROOT, 'package.json', 'data')
    const program = new Program('apps/standalone/src/main.ts', ['--port', '0'], { OPSOURCE_DATA: folder })
    expect(await program.exited).toBe(1)
    expect(program.output).toMatch(/^\n✗ OPSource may not write to its data folder .*package\.json\/data; .*\n$/)
  })
})

// One after the other, as it happens to one folder of data: each start costs seconds.
describe('the data of a platform', { timeout: 240_000 }, () => {
  let port: number
  let visitor: Visitor
  let userId: string
  onOwnData()

  beforeAll(async () => {
    port = await freePort()
    visitor = await startOn(port)
  })

  test('the card tells what runs, and the demo’s trader has something to trade with', async () => {
    const card = newest().output
    for (const domain of ['dash33', 'anya', 'enterprise', 'mobile']) expect(card).toContain(`✓ ${domain}`)
    for (const user of ['trader', 'analyst', 'operator', 'admin']) expect(card).toContain(`${user}@demo.opsource.local`)
    expect(card).toContain(`http://127.0.0.1:${port}/explorer`)
    await expect.poll(() => funds(visitor)).toBe('100000')
  })

  test('the log and the data are the owner’s: the database password is readable by nobody else', () => {
    const [directory] = directoriesOf(path.join(data, 'postgres'))
    const file = path.join(directory ?? '', 'password')
    expect(readFileSync(file, 'utf8').length).toBeGreaterThan(20)
    expect(execFileSync('stat', ['-c', '%a', file], { encoding: 'utf8' }).trim()).toBe('600')
  })

  test('a second platform on the same data is refused in one line, as is a reset, and the first goes on', async () => {
    const second = start('--port', String(await freePort()))
    expect(await second.exited).toBe(1)
    expect(second.output).toMatch(/✗ OPSource already runs on this data: .*\n$/)
    const refused = reset()
    expect(await refused.exited).toBe(1)
    expect(refused.output).toMatch(/^✗ OPSource already runs on this data/)
    await expect.poll(() => funds(visitor)).toBe('100000')
  })

  test('Ctrl-C stops everything, PostgreSQL too, and the next start goes on with the same data', async () => {
    userId = (await Trader.register(visitor, 'keeper')).userId
    const [first] = started
    expect(await first?.end('SIGINT')).toBe(0)
    expect(first?.output).toContain('✓ stopped')
    expect(postgres()).toBeUndefined()
    visitor = await startOn(port)
    await expect.poll(() => userIds(visitor)).toContain(userId)
    await expect.poll(() => funds(visitor)).toBe('100000')
  })

  test('after kill -9 the next start takes over the database server that was left', async () => {
    await newest().end('SIGKILL')
    const left = postgres()
    expect(left).toBeDefined()
    visitor = await startOn(port)
    expect(postgres()?.pid).toBe(left?.pid)
    await expect.poll(() => userIds(visitor)).toContain(userId)
    await expect.poll(() => funds(visitor)).toBe('100000')
  })

  test('after kill -9 of the database server as well, the next start recovers, and its market plays', async () => {
    const server = postgres()
    if (!server) throw new Error('there is no database server')
    await newest().end('SIGKILL')
    process.kill(server.pid, 'SIGKILL')
    await startWithMarket('--port', String(port)).says('✓ first live price: ')
    expect(newest().output).toContain(CARD)
    visitor = new Visitor(`http://127.0.0.1:${port}/graphql`)
    await expect.poll(() => userIds(visitor)).toContain(userId)
    await expect.poll(() => funds(visitor)).toBe('100000')
  })

  test('data that has demo users is not opened to a network', async () => {
    expect(await newest().end('SIGTERM')).toBe(0)
    const open = start('--host', '0.0.0.0', '--port', String(port))
    expect(await open.exited).toBe(1)
    expect(open.output).toContain('✗ The data in')
  })

  test('a reset clears everything once the platform has stopped', async () => {
    const done = reset()
    expect(await done.exited).toBe(0)
    expect(existsSync(data)).toBe(false)
  })

  test('opened to a network there are no demo users', async () => {
    mkdirSync(data, { mode: 0o755 })
    const program = start('--host', '0.0.0.0', '--port', String(port))
    await program.says(CARD)
    expect(program.output).not.toContain('demo.opsource.local')
    const { data: answer } = await new Visitor(`http://127.0.0.1:${port}/graphql`).ask(
      'mutation { logIn(input: { email: "trader@demo.opsource.local", password: "demo-trader-2024" }) { __typename } }',
    )
    expect(answer?.logIn).toEqual({ __typename: 'WrongCredentials' })
    expect(await program.end('SIGTERM')).toBe(0)
  })
})

async function userIds(visitor: Visitor): Promise<string[]> {
  const { users } = await (await operator(visitor)).get(userSchema, '{ users(first: 100) { edges { node { id } } } }')
  return users.edges.map(({ node }) => node.id)
}
