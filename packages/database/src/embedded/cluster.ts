import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Account } from './account.ts'
import { clearStale, type Postmaster, runningPostmaster } from './postmaster.ts'

/** Crash recovery reads at most `max_wal_size` again; a slow disk may take minutes for it. */
const START_LIMIT_MS = 180_000
const POLL_MS = 10
const PASSWORD_BYTES = 24

/** Where one server keeps everything. */
export interface Place {
  /** Holds `cluster`, `password`, `port` and `server.log`. */
  readonly directory: string
  readonly binaries: string
  readonly account: Account | undefined
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // Five processes with several pools each, and tests side by side.
  max_connections: '200',
  // Bounds both the disk that the log of changes takes and the time that recovery takes.
  max_wal_size: '512MB',
  // Our statements take milliseconds; compiling them would take longer.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Statement errors are reported by whoever made them; here they would only grow the file.
  log_min_messages: 'log',
  log_checkpoints: 'off',
}

export function clusterOf(place: Place): string {
  return path.join(place.directory, 'cluster')
}

/** @returns the superuser's password, made on first use and readable by the owner only. */
export function passwordOf(place: Place): string {
  const file = path.join(place.directory, 'password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(PASSWORD_BYTES).toString('base64url'), { mode: 0o600 })
  return readFileSync(file, 'utf8')
}

/** Makes the cluster unless it is there. A cluster whose making was cut short is made again. */
export async function initialise(place: Place): Promise<void> {
  const cluster = clusterOf(place)
  const complete = path.join(place.directory, 'initialised')
  if (existsSync(complete)) return
  rmSync(cluster, { recursive: true, force: true })
  mkdirSync(cluster, { mode: 0o700 })
  if (place.account) chownSync(cluster, place.account.uid, place.account.gid)
  const password = path.join(cluster, '..', `initial-password-${process.pid}`)
  writeFileSync(password, passwordOf(place), { mode: 0o600 })
  if (place.account) chownSync(password, place.account.uid, place.account.gid)
  try {
    const flags = [
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      '--pwfile',
      password,
      '-E',
      'UTF8',
      '--no-locale',
      '--no-instructions',
    ]
    await promisify(execFile)(path.join(place.binaries, 'initdb'), ['-D', cluster, ...flags], {
      ...place.account,
      cwd: '/',
    }).catch((error: Error & { stderr?: string; stdout?: string }) => {
      throw new Error(`initdb: ${(error.stderr || error.stdout || error.message).trim()}`)
    })
  } finally {
    rmSync(password, { force: true })
  }
  writeFileSync(complete, '')
}

/** Starts the server, detached: it outlives a Ctrl-C, so that whoever uses it can drain first. */
export async function startCluster(place: Place, settings: Readonly<Record<string, string>>): Promise<Postmaster> {
  const cluster = clusterOf(place)
  await clearStale(cluster)
  const port = await chosenPort(place)
  const options = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const logFile = path.join(place.directory, 'server.log')
  const log = openSync(logFile, 'w')
  const server = spawn(path.join(place.binaries, 'postgres'), ['-D', cluster, '-p', String(port), ...options], {
    ...place.account,
    cwd: '/',
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  let failure: Error | undefined
  server.once('error', (error) => {
    failure = error
  })
  server.unref()
  for (let waited = 0; waited < START_LIMIT_MS; waited += POLL_MS) {
    const running = runningPostmaster(cluster)
    if (running?.ready && running.pid === server.pid) return running
    if (failure) throw failure
    if (server.exitCode !== null || server.signalCode !== null) {
      throw new Error(
        `PostgreSQL did not start: ${readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join(' | ')}`,
      )
    }
    await sleep(POLL_MS)
  }
  throw new Error(`PostgreSQL did not get ready in ${START_LIMIT_MS / 1000} s; see ${logFile}`)
}

/** The port of the last start while it is free, so that a client that stayed away finds the server again. */
async function chosenPort(place: Place): Promise<number> {
  const file = path.join(place.directory, 'port')
  const remembered = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  const port = (remembered ? await freePort(remembered) : undefined) ?? (await freePort(0))
  if (port === undefined) throw new Error('no free port on the loopback interface')
  writeFileSync(file, String(port))
  return port
}

function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(undefined))
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address ? address.port : undefined
      probe.close(() => resolve(port))
    })
  })
}
