import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { quoted } from '../connection.ts'
import { accountFor, canEnter, makeEnterable } from './account.ts'
import { binariesFor } from './binaries.ts'
import { clusterOf, initialise, type Place, passwordOf, startCluster } from './cluster.ts'
import { clearStale, hasEnded, type Postmaster, runningPostmaster } from './postmaster.ts'

/** For root's clones in places that PostgreSQL's user may not enter, such as /root. */
const SHARED_DIRECTORY = '/var/lib/opsource'
const DATABASE = 'opsource'
/** A server in crash recovery is left this long to get ready before it is taken for hung. */
const READY_LIMIT_MS = 180_000
/** `end` of a pool resolves before its sessions have gone; one that is cut while it goes is an error that nobody hears. */
const GOODBYE_LIMIT_MS = 2_000
/** A killed process stays in the table of processes for a moment, with its files as if it lived. */
const DYING_LIMIT_MS = 2_000
/** A fast shutdown writes one checkpoint. */
const STOP_LIMIT_MS = 60_000
const POLL_MS = 20

export interface EmbeddedPostgresOptions {
  /** Keeps the data, the password and the port between starts. */
  readonly directory: string
  /** Overrides of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface EmbeddedPostgres {
  /** The superuser's URL of the database `opsource`. */
  readonly adminUrl: string
  readonly port: number
  readonly pid: number
  /** Where the data really lies: elsewhere than asked where PostgreSQL's user could not enter. */
  readonly directory: string
  /** The server ran already: an earlier owner was killed. */
  readonly reused: boolean
  /** Ends all sessions and stops the server cleanly. */
  stop(): Promise<void>
}

/** Starts PostgreSQL on a loopback port, or takes over the server that already runs on this directory. */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = placeFor(path.resolve(options.directory))
  await initialise(place)
  const running = await takeOver(place)
  const postmaster = running ?? (await startCluster(place, options.settings ?? {}))
  if (!running) await createDatabase(adminUrlOf(place, postmaster))
  return {
    adminUrl: adminUrlOf(place, postmaster),
    port: postmaster.port,
    pid: postmaster.pid,
    directory: place.directory,
    reused: running !== undefined,
    stop: () => stopPostmaster(place, postmaster.pid),
  }
}

/** @returns the server that runs on this directory, if one does, without starting any. */
export function findPostgres(directory: string): { pid: number; adminUrl: string; stop(): Promise<void> } | undefined {
  const place = placeFor(path.resolve(directory))
  const running = runningPostmaster(clusterOf(place))
  if (!running) return undefined
  return { pid: running.pid, adminUrl: adminUrlOf(place, running), stop: () => stopPostmaster(place, running.pid) }
}

/** Every directory that `startPostgres` uses for the one asked for. */
export function directoriesOf(directory: string): string[] {
  return [path.resolve(directory), elsewhere(path.resolve(directory))].filter((each) => existsSync(each))
}

function placeFor(directory: string): Place {
  const account = accountFor(path.join(existsSync(elsewhere(directory)) ? elsewhere(directory) : directory, 'cluster'))
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  accessSync(directory, constants.W_OK)
  const chosen = canEnter(directory, account) ? directory : elsewhere(directory)
  if (chosen !== directory) for (const each of [SHARED_DIRECTORY, chosen]) makeEnterable(each)
  return { directory: chosen, account, binaries: binariesFor(account, SHARED_DIRECTORY) }
}

function elsewhere(directory: string): string {
  return path.join(SHARED_DIRECTORY, createHash('sha256').update(directory).digest('hex').slice(0, 16))
}

function adminUrlOf(place: Place, { port }: Postmaster): string {
  return `postgresql://postgres:${passwordOf(place)}@127.0.0.1:${port}/${DATABASE}`
}

/** @returns the server that runs already; undefined where there is none, or it is just being killed. */
async function takeOver(place: Place): Promise<Postmaster | undefined> {
  const running = await readyPostmaster(place)
  if (!running) return undefined
  try {
    await createDatabase(adminUrlOf(place, running))
    return running
  } catch (error) {
    if (await hasEnded(running.pid, DYING_LIMIT_MS)) return undefined
    throw error
  }
}

async function readyPostmaster(place: Place): Promise<Postmaster | undefined> {
  for (let waited = 0; waited < READY_LIMIT_MS; waited += POLL_MS) {
    const running = runningPostmaster(clusterOf(place))
    if (!running || running.ready) return running
    await sleep(POLL_MS)
  }
  throw new Error(`a PostgreSQL that runs on ${place.directory} does not get ready`)
}

async function createDatabase(adminUrl: string): Promise<void> {
  const url = new URL(adminUrl)
  url.pathname = '/postgres'
  const client = new Client({ connectionString: url.toString() })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE])
    if (!rowCount) await client.query(`CREATE DATABASE ${quoted(DATABASE)}`)
  } catch (error) {
    const duplicate = error instanceof DatabaseError && (error.code === '42P04' || error.code === '23505')
    if (!duplicate) throw error
  } finally {
    await client.end()
  }
}

async function stopPostmaster(place: Place, pid: number): Promise<void> {
  if (runningPostmaster(clusterOf(place))?.pid !== pid) return
  // SIGTERM, the smart shutdown, waits for sessions; SIGINT, the fast one, ends them. Neither loses anything committed.
  process.kill(pid, 'SIGTERM')
  if (!(await hasEnded(pid, GOODBYE_LIMIT_MS))) process.kill(pid, 'SIGINT')
  if (!(await hasEnded(pid, STOP_LIMIT_MS)))
    throw new Error(`PostgreSQL (pid ${pid}) did not stop in ${STOP_LIMIT_MS / 1000} s`)
  await clearStale(clusterOf(place))
}
