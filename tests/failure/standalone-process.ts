import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { directoriesOf, findPostgres } from '@opsource/database'
import { demoUsers } from '@opsource/enterprise'
import { Trader } from '../journeys/venue.ts'
import { Visitor } from '../journeys/visitor.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const START_LIMIT_MS = 120_000
const STOP_LIMIT_MS = 40_000

/** The platform as `npm start` runs it, without the market in a box, on a folder and a port of its own. */
export class StandaloneProcess {
  readonly #folder: string
  readonly #data: string
  #child: ChildProcess | null = null
  #url = ''

  constructor(folder: string) {
    this.#folder = folder
    this.#data = path.join(folder, 'data')
  }

  static async create(): Promise<StandaloneProcess> {
    return new StandaloneProcess(await mkdtemp(path.join(tmpdir(), 'opsource-drill-')))
  }

  get graphqlUrl(): string {
    return this.#url
  }

  get pid(): number {
    return this.#child?.pid ?? -1
  }

  /** Resolves once the card is printed. */
  async start(): Promise<void> {
    const env = { ...process.env, PORT: '0', OPSOURCE_DATA: this.#data, RATE_LIMIT_SCALE: '1000' }
    const child = spawn(process.execPath, ['apps/standalone/src/main.ts', '--no-market'], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    let output = ''
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`not started within ${START_LIMIT_MS} ms:\n${output}`)),
        START_LIMIT_MS,
      )
      const read = (part: Buffer) => {
        output += part.toString()
        const url = /Graph\s+(http\S+\/graphql)/.exec(output)?.[1]
        if (url === undefined || !output.includes('Ctrl-C stops everything')) return
        this.#url = url
        clearTimeout(late)
        resolve()
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.once('exit', (code) => {
        clearTimeout(late)
        reject(new Error(`ended with ${code} before it had started:\n${output}`))
      })
    })
  }

  /** `kill -9`: nothing is finished, nothing is told, PostgreSQL is left behind. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  /** Ctrl-C. @returns the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill('SIGINT')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    const code = await ended
    clearTimeout(late)
    return code
  }

  /** @returns the demo's operator, logged in anew. */
  async operator(): Promise<Visitor> {
    const { email, password } = demoUsers.operator
    return (await Trader.logIn(new Visitor(this.#url), email, password)).visitor
  }

  /** Leaves nothing: PostgreSQL goes too where it was left behind, and its data where they lie elsewhere. */
  async remove(): Promise<void> {
    await this.stop()
    const postgres = path.join(this.#data, 'postgres')
    await findPostgres(postgres)?.stop()
    for (const each of [this.#folder, ...directoriesOf(postgres)]) await rm(each, { recursive: true, force: true })
  }
}
