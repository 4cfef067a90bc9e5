import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Redis } from 'ioredis'
import { freePort, programOf, ServerProcess } from './server-process.ts'

export interface RedisServer {
  readonly url: string
  /** `kill -9`, then a new server on the same port: it comes back empty. */
  restart(): Promise<void>
  /** `kill -9`; the result starts a new server on the same port. */
  kill(): Promise<() => Promise<void>>
  stop(): Promise<void>
}

/** Why there is no Redis, or null where there is one. */
export const redisMissing = programOf('redis-server') === null ? 'redis-server is not installed' : null

/** A Redis of the test's own, that keeps nothing. */
export async function startRedis(): Promise<RedisServer> {
  const program = programOf('redis-server')
  if (program === null) throw new Error('redis-server is not installed')
  const port = await freePort()
  const directory = mkdtempSync(path.join(tmpdir(), 'opsource-redis-'))
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no']
  const launch = async () => {
    const server = new ServerProcess(program, args)
    await server.ready(() => ping(port))
    return server
  }
  let server = await launch()
  const kill = async () => {
    await server.end('SIGKILL')
    return async () => {
      server = await launch()
    }
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    restart: async () => (await kill())(),
    stop: async () => {
      await server.end('SIGTERM')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function ping(port: number): Promise<void> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.ping()
  } finally {
    client.disconnect()
  }
}
