import { createServer, type RequestListener, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { fault } from '../errors.ts'
import { Addresses } from '../identity/addresses.ts'
import { anonymous } from '../identity/caller.ts'
import { Connections } from '../identity/connections.ts'
import type { Session } from '../identity/session.ts'
import { limits } from '../limits/limits.ts'
import type { LiveOperation } from '../subscribe/subscriptions.ts'
import { until } from '../testing/reading.ts'
import { GatewayMetrics } from './metrics.ts'
import { MultipartSubscriptions } from './multipart.ts'
import { Records } from './request-log.ts'
import { Sockets, type SocketsOptions } from './sockets.ts'

const ADDRESS = '127.0.0.1'
const PATIENCE_MS = 40_000
const log = pino({ level: 'silent' })

let http: Server
let connections: Connections
/** Of those that watch credentials. */
let openSessions: number

beforeEach(() => {
  connections = new Connections()
  openSessions = 0
})
afterEach(async () => {
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
})

function session(): Session {
  openSessions++
  let isOpen = true
  const close = () => {
    if (isOpen) openSessions--
    isOpen = false
  }
  return { caller: anonymous, close }
}

/** How many connections the address holds, by how many more it may. */
function held(): number {
  const places = []
  for (;;) {
    const place = connections.take({ userId: undefined, address: ADDRESS })
    if (!place.ok) break
    places.push(place.value)
  }
  for (const place of places) place.release()
  return limits.socketsPerAddress - places.length
}

async function listen(listener?: RequestListener): Promise<number> {
  http = createServer(listener)
  await new Promise<void>((resolve) => http.listen(0, ADDRESS, resolve))
  return (http.address() as AddressInfo).port
}

const nothingIsHeld = () => until(() => held() === 0 && openSessions === 0, 'nothing is held any more', PATIENCE_MS)

describe('a subscription over HTTP gives back its place and its session', () => {
  type Begin = () => Result<LiveOperation, readonly GraphQLError[]>

  /** @returns whether the request failed inside the gateway. */
  const ask = async (begin: Begin, leaveAfterMs?: number): Promise<boolean> => {
    const records = new Records({ log, metrics: new GatewayMetrics(new Registry()) })
    const sessions = { open: async () => ok(session()) }
    const multipart = new MultipartSubscriptions({
      subscriptions: { subscribe: begin },
      sessions,
      connections,
      records,
    })
    const operation = { query: 'subscription { a }', operationName: null, variables: null }
    let hasFailed = false
    const port = await listen((asked, response) => {
      multipart.serve(asked, response, operation, { requestId: 'r', address: ADDRESS }).catch(() => {
        hasFailed = true
        response.destroy()
      })
    })
    await new Promise<void>((resolve) => {
      const asking = request({ port, host: ADDRESS, method: 'POST' }, (response) => {
        if (leaveAfterMs !== undefined) setTimeout(() => asking.destroy(), leaveAfterMs)
        response.on('error', () => {})
        response.on('close', resolve).resume()
      })
      asking.on('error', () => resolve()).end()
    })
    return hasFailed
  }

  it.each<[string, Begin, boolean]>([
    [
      'when it cannot even be planned',
      () => {
        throw new Error('no plan')
      },
      true,
    ],
    [
      'when it cannot begin',
      () =>
        ok({
          open: () => {
            throw new Error('no upstream')
          },
        }),
      true,
    ],
    ['when it is invalid', () => ({ ok: false, error: [fault('BAD_USER_INPUT', 'not so')] }), false],
    ['when it is denied', () => ({ ok: false, error: [fault('FORBIDDEN', 'not you')] }), false],
    [
      'when it ends by itself',
      () =>
        ok({
          open: (sink) => {
            sink.end(null)
            return { wake: () => {}, leave: () => {} }
          },
        }),
      false,
    ],
  ])('%s', async (_, begin, fails) => {
    expect(await ask(begin)).toBe(fails)
    await nothingIsHeld()
  })

  it('when its client leaves', async () => {
    let hasLeft = false
    const leave = () => {
      hasLeft = true
    }
    await ask(() => ok({ open: () => ({ wake: () => {}, leave }) }), 20)
    await nothingIsHeld()
    expect(hasLeft).toBe(true)
  })
})

describe('a WebSocket gives back its place and its session', () => {
  it.each([
    ['when its operations cannot be ended', () => Promise.reject(new Error('no end'))],
    ['while its operations take their time to end', () => new Promise<void>(() => {})],
  ])('%s', async (_, closed) => {
    const port = await listen()
    const server: SocketsOptions['protocol']['server'] = {
      opened: (_socket, state) => {
        state.session = session()
        return closed
      },
    }
    const gate = { arrive: () => null }
    const addresses = new Addresses([])
    const sockets = new Sockets(http, {
      path: '/',
      allowedOrigins: [],
      protocol: { server },
      addresses,
      gate,
      connections,
      log,
    })
    const socket = new WebSocket(`ws://${ADDRESS}:${port}/`, 'graphql-transport-ws')
    await new Promise((resolve) => socket.once('open', resolve))
    await until(() => held() === 1 && openSessions === 1, 'the socket is counted', PATIENCE_MS)
    socket.terminate()
    await nothingIsHeld()
    await sockets.close()
  })
})
