import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MessageType } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { API_KEY } from '../testing/issuer.ts'
import { Stage } from '../testing/stage.ts'

const FRIEND = 'https://desk.example.org'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open('in process', { allowedOrigins: [FRIEND] })
})
afterAll(() => stage?.close())

const open = (headers: Record<string, string>, path = '/graphql') =>
  new WebSocket(new URL(path, stage.gateway.url.replace('http', 'ws')), 'graphql-transport-ws', { headers })

/** @returns 101, or the status of the refusal. */
const statusOf = (socket: WebSocket) =>
  new Promise<number | undefined>((resolve) => {
    socket.once('unexpected-response', (_request, response) => {
      socket.terminate()
      resolve(response.statusCode)
    })
    socket.once('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.on('error', () => {})
  })

describe('a WebSocket', () => {
  it('opens for programs, for pages of the gateway itself, and for pages of listed origins', async () => {
    expect(await statusOf(open({}))).toBe(101)
    expect(await statusOf(open({ origin: new URL(stage.gateway.url).origin }))).toBe(101)
    expect(await statusOf(open({ origin: FRIEND }))).toBe(101)
  })

  it.each(['https://evil.example.org', 'http://127.0.0.1:1', 'null', 'no url'])(
    'does not open for a page from %s, which CORS would not stop',
    async (origin) => expect(await statusOf(open({ origin }))).toBe(403),
  )

  it('opens on no other path', async () => {
    expect(await statusOf(open({}, '/explorer'))).toBe(404)
    expect(await statusOf(open({}, '/graphql?a=b'))).toBe(101)
  })

  it('is not what a client asks for that would rather speak HTTP/2: it is answered in HTTP/1.1', async () => {
    const body = '{"query":"{ __typename }"}'
    const headers = { 'content-type': 'application/json', connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' }
    const status = await new Promise((resolve, reject) => {
      const asked = request(stage.gateway.url, { method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      asked.on('error', reject).end(body)
    })
    expect(status).toBe(200)
  })

  it('leaves nothing behind that renews its key where it closes before it is known whose it is', async () => {
    // Less than a minute is left, so that whoever is watched is renewed at every check.
    stage.issuer.keyLifeMs = 60_000
    const leaving = Array.from({ length: 20 }, async () => {
      const socket = open({ authorization: `ApiKey ${API_KEY}` })
      await new Promise((resolve) => socket.once('open', resolve))
      socket.send(JSON.stringify({ type: MessageType.ConnectionInit }))
      socket.terminate()
    })
    await Promise.all(leaving)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const { exchanges } = stage.issuer
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(exchanges).toBeGreaterThan(0)
    expect(stage.issuer.exchanges).toBe(exchanges)
  })
})

describe('a gateway', () => {
  it('says that its port is taken, and dies of nothing else', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = squatter.address() as AddressInfo
      await expect(Stage.open('in process', { port })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
    } finally {
      await new Promise((resolve) => squatter.close(resolve))
    }
  })
})
