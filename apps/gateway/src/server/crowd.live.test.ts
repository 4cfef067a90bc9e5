import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { limits } from '../limits/limits.ts'
import { until } from '../testing/reading.ts'
import { Stage } from '../testing/stage.ts'

const ACCEPT = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0, application/json'
const TICKER = 'subscription { ticker(symbol: "A") { price } }'

let stage: Stage
let sockets: WebSocket[] = []
beforeAll(async () => {
  stage = await Stage.open('in process', { trustedProxies: ['127.0.0.1'] })
})
afterEach(async () => {
  for (const socket of sockets) socket.terminate()
  sockets = []
  await until(() => stage.exchange.prices.readerCount === 0, 'no subscription is left')
})
afterAll(() => stage?.close())

interface Guest {
  readonly socket: WebSocket
  isGreeted: boolean
  closed: { code: number; reason: string } | null
}

/** A socket from an address behind the proxy, that says who it is. */
async function come(address: string, authorization?: string): Promise<Guest> {
  const socket = new WebSocket(stage.gateway.url.replace('http', 'ws'), 'graphql-transport-ws', {
    headers: { 'x-forwarded-for': address },
  })
  sockets.push(socket)
  const guest: Guest = { socket, isGreeted: false, closed: null }
  socket.on('close', (code, reason) => {
    guest.closed = { code, reason: String(reason) }
  })
  socket.once('message', () => {
    guest.isGreeted = true
  })
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ type: 'connection_init', payload: authorization ? { authorization } : {} }))
  await until(() => guest.isGreeted || guest.closed !== null, 'a greeting')
  return guest
}

const crowd = (address: string, size: number, authorization?: string) =>
  Promise.all(Array.from({ length: size }, () => come(address, authorization)))

const refusedBy = async (limit: string) => {
  const text = await (await fetch(stage.gateway.url.replace('graphql', 'metrics'))).text()
  return Number(new RegExp(`^gateway_refused_connections_total\\{limit="${limit}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
}

/** A subscription over HTTP. @returns its status, and what ends it. */
async function stream(address: string) {
  const gone = new AbortController()
  const { status } = await fetch(stage.gateway.url, {
    method: 'POST',
    headers: { accept: ACCEPT, 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify({ query: TICKER }),
    signal: gone.signal,
  })
  return { status, leave: () => gone.abort() }
}

const TOO_MANY = { code: 1013, reason: expect.stringMatching(/^TOO_MANY_CONNECTIONS: /) }

describe('those who come from one address without a token', () => {
  it('open a bounded number of sockets, which keep nobody else out', async () => {
    const guests = await crowd('203.0.113.1', limits.socketsPerAddress)
    expect(guests.every(({ isGreeted }) => isGreeted)).toBe(true)
    expect(await come('203.0.113.1')).toMatchObject({ isGreeted: false, closed: TOO_MANY })
    expect(await refusedBy('socketsPerAddress')).toBe(1)
    expect(await come('203.0.113.2')).toMatchObject({ isGreeted: true, closed: null })
    guests[0]?.socket.terminate()
    await until(() => guests[0]?.closed !== null, 'the end of one')
    await expect.poll(async () => (await come('203.0.113.1')).isGreeted).toBe(true)
  })

  it('may forge whom they are forwarded for, and are still counted by where they come from', async () => {
    await crowd('203.0.113.3', limits.socketsPerAddress)
    expect(await come('198.51.100.9, 203.0.113.3')).toMatchObject({ closed: TOO_MANY })
  })

  it('have their subscriptions over HTTP counted with their sockets', async () => {
    await crowd('203.0.113.4', limits.socketsPerAddress - 1)
    const last = await stream('203.0.113.4')
    expect(last.status).toBe(200)
    expect((await stream('203.0.113.4')).status).toBe(429)
    expect(await come('203.0.113.4')).toMatchObject({ closed: TOO_MANY })
    last.leave()
    await expect.poll(async () => (await come('203.0.113.4')).isGreeted).toBe(true)
  })

  it('are not those who say who they are: each user has places of their own', async () => {
    const authorization = `Bearer ${stage.issuer.token({ userId: 'usr_crowd' })}`
    const users = await crowd('203.0.113.5', limits.socketsPerUser, authorization)
    expect(users.every(({ isGreeted }) => isGreeted)).toBe(true)
    const guests = await crowd('203.0.113.5', limits.socketsPerAddress)
    expect(guests.every(({ isGreeted }) => isGreeted)).toBe(true)
    expect(await come('203.0.113.6', authorization)).toMatchObject({ closed: TOO_MANY })
    expect(await refusedBy('socketsPerUser')).toBe(1)
  })
})
