import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { Connection } from 'rabbitmq-client'
import { freePort, programOf, run, ServerProcess } from './server-process.ts'

export interface RabbitServer {
  readonly url: string
  /** `kill -9` of the broker. */
  kill(): Promise<void>
  /** Starts the broker again on its own data. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Debian's `/usr/sbin` script changes the user to one that may not read a test's folder: this is the server's own. */
const RABBIT_FOLDERS = ['/usr/lib/rabbitmq/bin']
const serverProgram = () => programOf('rabbitmq-server', RABBIT_FOLDERS)
const missing = ['rabbitmq-server', 'epmd', 'erl'].filter((name) => programOf(name, RABBIT_FOLDERS) === null)

/** Why there is no RabbitMQ, or null where there is one. */
export const rabbitMissing = missing.length > 0 ? `${missing.join(', ')} not installed` : null

/** A RabbitMQ of the test's own: data, node name, cookie, and an epmd of its own, which it stops too. */
export async function startRabbit(attempts = 3): Promise<RabbitServer> {
  const program = serverProgram()
  const epmd = programOf('epmd')
  if (program === null || epmd === null) throw new Error(rabbitMissing ?? 'rabbitmq-server is not installed')
  const directory = mkdtempSync(path.join(tmpdir(), 'opsource-rabbit-'))
  const [port, distribution, epmdPort] = [await freePort(), await freePort(), await freePort()]
  const config = path.join(directory, 'rabbitmq.conf')
  writeFileSync(config, `listeners.tcp.1 = 127.0.0.1:${port}\nloopback_users.guest = true\nlog.console = true\n`)
  writeFileSync(path.join(directory, 'enabled_plugins'), '[].')
  const cookie = path.join(directory, '.erlang.cookie')
  writeFileSync(cookie, randomUUID())
  chmodSync(cookie, 0o400)
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: directory,
    LANG: 'C.UTF-8',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: `${epmdPort}`,
    RABBITMQ_NODENAME: `opsource-${port}@localhost`,
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(directory, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: path.join(directory, 'mnesia'),
    RABBITMQ_LOG_BASE: path.join(directory, 'log'),
    ERL_CRASH_DUMP: path.join(directory, 'erl_crash.dump'),
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_CONF_ENV_FILE: path.join(directory, 'none.conf'),
    // One scheduler is enough for a test, and leaves the machine to the others.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none',
  }
  const names = new ServerProcess(epmd, ['-address', '127.0.0.1', '-port', `${epmdPort}`], env)
  const url = `amqp://guest:guest@127.0.0.1:${port}`
  const launch = async () => {
    const started = new ServerProcess(program, [], env)
    await started.ready(() => handshake(url))
    return started
  }
  let server: ServerProcess | undefined
  const stop = async () => {
    await server?.end('SIGTERM')
    await names.end('SIGTERM')
    // The broker starts another one where it finds none: that one is no child of ours.
    try {
      run(epmd, ['-port', `${epmdPort}`, '-kill'], env)
    } catch {
      // None answers: there is none.
    }
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await names.ready(async () => void run(epmd, ['-port', `${epmdPort}`, '-names'], env))
    server = await launch()
  } catch (error) {
    await stop()
    // Whoever else drew a port meanwhile may have it by now.
    if (attempts > 1 && String(error).includes('could not bind')) return startRabbit(attempts - 1)
    throw error
  }
  return {
    url,
    kill: async () => server?.end('SIGKILL'),
    start: async () => {
      server = await launch()
    },
    stop,
  }
}

async function handshake(url: string): Promise<void> {
  const connection = new Connection({ url, connectionTimeout: 2_000, retryLow: 60_000, retryHigh: 60_000 })
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('connection', () => resolve())
      connection.once('error', reject)
    })
  } finally {
    connection.on('error', () => {})
    connection.unsafeDestroy()
  }
}
