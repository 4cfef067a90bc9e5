import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { fault } from './errors.ts'
import { refusal } from './formatting.ts'
import { MAX_BODY_BYTES } from './limits.ts'
import { LiveSocket } from './live-socket.ts'
import type { Subgraph } from './subgraph.ts'

/** A request that does not arrive whole within this time is cut off, and its socket freed. */
const REQUEST_TIMEOUT_MS = 30_000
/** Longer than a gateway's keep-alive, so that no request meets a socket that is just closing. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** A load balancer asks every few seconds; a hung dependency must not hang the answer. */
const READY_TIMEOUT_MS = 2_000
/** Sockets that are still busy after this are cut off. */
const CLOSE_LIMIT_MS = 5_000

export interface ListenOptions {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  readonly log: Logger
  readonly metrics: Registry
}

export interface Listening {
  readonly port: number
  /** Takes no more requests, lets those in hand finish, and stops the subgraph. */
  close(): Promise<void>
}

/**
 * Serves a subgraph: `POST /graphql` and graphql-transport-ws on the same path, `/health/live`, `/health/ready`, `/metrics` and the
 * subgraph's own routes. Rejects where the port is taken.
 */
export async function listen(subgraph: Subgraph, options: ListenOptions): Promise<Listening> {
  const log = options.log.child({ subgraph: subgraph.name })
  const server = createServer((request, response) => {
    answer(subgraph, options.metrics, log, request, response).catch((error: unknown) => {
      log.error({ err: error }, 'a request failed')
      if (!response.headersSent) send(response, 500, refusal(error, log))
      else response.destroy()
    })
  })
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
  const live = new LiveSocket(subgraph, server, log)
  await bind(server, options)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.all([subgraph.stop(), live.close()])
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS)
      await closed
      clearTimeout(late)
    },
  }
}

function bind(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function answer(
  subgraph: Subgraph,
  metrics: Registry,
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '/'
  if (path === '/graphql' && request.method === 'POST') return graphql(subgraph, log, request, response)
  if (path === '/graphql')
    return send(response, 405, JSON.stringify({ error: 'POST a GraphQL request' }), { allow: 'POST' })
  if (request.method !== 'GET') return send(response, 405, JSON.stringify({ error: 'GET only' }), { allow: 'GET' })
  if (path === '/health/live') return send(response, 200, JSON.stringify({ status: 'live' }))
  if (path === '/health/ready') return ready(subgraph, log, response)
  if (path === '/metrics') return send(response, 200, await metrics.metrics(), { 'content-type': metrics.contentType })
  const route = subgraph.routes.find((known) => known.path === path)
  if (route === undefined) return send(response, 404, JSON.stringify({ error: 'not found' }))
  return send(response, 200, await route.answer(), { 'cache-control': 'no-store' })
}

async function graphql(
  subgraph: Subgraph,
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A form or an image tag on someone's page can send no such type, so that it cannot act with a visitor's rights.
  if (!request.headers['content-type']?.startsWith('application/json')) {
    return send(response, 415, refusal(fault('BAD_USER_INPUT', 'The content type is application/json.'), log))
  }
  const body = await read(request)
  if (body === null) {
    const error = fault('REQUEST_TOO_LARGE', `At most ${MAX_BODY_BYTES} bytes are read.`)
    return send(response, 413, refusal(error, log), { connection: 'close' })
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
  const result = await subgraph.execute({ body, headers })
  return send(response, statusOf(result), result)
}

/** @returns null where the body is larger than the limit; the rest of it is not read. */
async function read(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return null
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function ready(subgraph: Subgraph, log: Logger, response: ServerResponse): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), READY_TIMEOUT_MS)
  })
  try {
    await Promise.race([subgraph.ready(), late])
    send(response, 200, JSON.stringify({ status: 'ready' }))
  } catch (error) {
    log.warn({ err: error }, 'not ready')
    send(response, 503, JSON.stringify({ status: 'not ready' }))
  } finally {
    clearTimeout(timer)
  }
}

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  REQUEST_TOO_LARGE: 413,
  SERVER_SHUTDOWN: 503,
  INTERNAL_SERVER_ERROR: 500,
}

/** 200 wherever there is data, as GraphQL over HTTP has it; a request that was not executed by what was wrong with it. */
function statusOf(result: string): number {
  if (!result.startsWith('{"errors"')) return 200
  const { errors, data } = JSON.parse(result) as { errors: { extensions?: { code?: string } }[]; data?: unknown }
  return data === undefined ? (STATUS[errors[0]?.extensions?.code ?? ''] ?? 400) : 200
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(body)
}
