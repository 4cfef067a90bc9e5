import { connect } from 'node:net'

const CONNECT_LIMIT_MS = 5_000
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'postgres:': 5432,
  'postgresql:': 5432,
  'redis:': 6379,
  'rediss:': 6379,
  'amqp:': 5672,
  'amqps:': 5671,
}

/** @returns why nobody answers at the URL's host and port, or null where somebody does. */
export function unreachable(url: string): Promise<string | null> {
  const { protocol, hostname, port } = new URL(url)
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (DEFAULT_PORTS[protocol] ?? 0) }
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: CONNECT_LIMIT_MS })
    const settle = (reason: string | null) => {
      socket.destroy()
      resolve(reason === null ? null : `${target.host}:${target.port} ${reason}`)
    }
    socket.once('connect', () => settle(null))
    socket.once('timeout', () => settle(`did not answer within ${CONNECT_LIMIT_MS / 1000} s`))
    socket.once('error', (error: NodeJS.ErrnoException) => settle(`cannot be reached (${error.code ?? error.message})`))
  })
}
