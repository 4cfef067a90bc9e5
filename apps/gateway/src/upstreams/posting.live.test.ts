import { createServer, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createRawServer, type Server as RawServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { certificate, certificateKey } from '../testing/certificate.ts'
import { Departure } from './departure.ts'
import { Poster } from './posting.ts'

const PATIENCE_MS = 40_000

const portOf = (server: RawServer) => (server.address() as AddressInfo).port

describe('a poster before a server of Node', () => {
  let server: Server
  let poster: Poster
  let connections: number
  let handle: (body: string, response: ServerResponse) => void
  beforeEach(async () => {
    connections = 0
    handle = (body, response) => response.end(body)
    server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => handle(Buffer.concat(chunks).toString(), response))
    })
    server.on('connection', () => connections++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    poster = new Poster(new URL(`http://127.0.0.1:${portOf(server)}/graphql?a=1`))
  })
  afterEach(async () => {
    await poster.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const post = (body: string, departure?: Departure) =>
    poster.post({ 'content-type': 'application/json' }, body, { timeoutMs: PATIENCE_MS, departure })

  it('gives each of many at once its own answer, over at most 64 connections that it keeps', async () => {
    const bodies = Array.from({ length: 500 }, (_, index) => `${index} ${'é🚀'.repeat((index * 37) % 9_000)}`)
    const answers = await Promise.all(bodies.map((body) => post(body)))
    expect(answers.map(({ text }) => text)).toEqual(bodies)
    expect(connections).toBe(64)
    for (const body of bodies.slice(0, 20)) expect((await post(body)).text).toBe(body)
    expect(connections).toBe(64)
  })

  it('reads what a server sends piece by piece', async () => {
    handle = (body, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=1' })
      const pieces = body.match(/.{1,1000}/gsu) ?? []
      const next = () => {
        const piece = pieces.shift()
        if (piece === undefined) response.end()
        else response.write(piece, () => setImmediate(next))
      }
      next()
    }
    const body = 'ä'.repeat(20_000)
    expect(await post(body)).toMatchObject({ status: 200, cacheControl: 'max-age=1', text: body })
  })

  it('uses no connection again that the server does not keep', async () => {
    handle = (body, response) => response.writeHead(200, { connection: 'close' }).end(body)
    for (const body of ['a', 'b', 'c']) expect((await post(body)).text).toBe(body)
    expect(connections).toBe(3)
  })

  it('lets go of a connection that the server is about to close', async () => {
    server.keepAliveTimeout = 1_000
    for (const body of ['a', 'b']) expect((await post(body)).text).toBe(body)
    expect(connections).toBe(2)
  })

  it('goes on over another connection where the server has closed the one before', async () => {
    await post('a')
    server.closeAllConnections()
    await expect
      .poll(
        () =>
          post('b').then(
            ({ text }) => text,
            () => null,
          ),
        { timeout: PATIENCE_MS },
      )
      .toBe('b')
  })

  it('tells who waits that it is given up, and lets those behind pass', async () => {
    const held: ServerResponse[] = []
    handle = (body, response) => (body === 'held' ? void held.push(response) : response.end(body))
    const gone = new Departure()
    const waiting = Array.from({ length: 64 }, () => post('held', gone))
    const queued = [post('gone too', gone), post('stays')]
    const outcomes = Promise.allSettled([...waiting, queued[0]])
    await expect.poll(() => held.length, { timeout: PATIENCE_MS }).toBe(64)
    gone.leave()
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'the request was abandoned' } })
    expect((await queued[1])?.text).toBe('stays')
    await expect(post('late', gone)).rejects.toThrow('abandoned')
  })

  it('gives up what takes too long, and nothing else', async () => {
    handle = (body, response) => (body === 'slow' ? undefined : void response.end(body))
    await expect(poster.post({}, 'slow', { timeoutMs: 20 })).rejects.toThrow('no answer within 20 ms')
    expect((await post('quick')).text).toBe('quick')
  })

  it.each([1, 1_000])('sends no header that would be two, however long and often it is given: %s', async (length) => {
    const authorization = `Bearer ${'a'.repeat(length)}\r\nx-user: b`
    for (let time = 0; time < 2; time++) {
      const posted = poster.post({ authorization }, '', { timeoutMs: PATIENCE_MS })
      await expect(posted).rejects.toThrow('authorization cannot be sent')
    }
    expect(connections).toBe(0)
  })

  it('rejects what is under way when it is closed, and all that comes then', async () => {
    handle = () => {}
    const waiting = post('a')
    const rejected = expect(waiting).rejects.toThrow('closed')
    await expect.poll(() => connections, { timeout: PATIENCE_MS }).toBe(1)
    await poster.close()
    await rejected
    await expect(post('b')).rejects.toThrow('closed')
  })
})

describe('a poster before a server that breaks the rules', () => {
  it.each([
    ['answers twice', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\naHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb'],
    ['ends too early', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'],
    ['speaks another protocol', 'EHLO\r\n\r\n'],
  ])('takes no answer of one that %s', async (_, text) => {
    const server = createRawServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(text)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const poster = new Poster(new URL(`http://127.0.0.1:${portOf(server)}/`))
    await expect(poster.post({}, '{}', { timeoutMs: PATIENCE_MS })).rejects.toThrow()
    await poster.close()
    await new Promise((resolve) => server.close(resolve))
  })

  it('gives nobody what is sent unasked', async () => {
    const sockets: Socket[] = []
    const reply = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`
    const server = createRawServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {}).on('data', () => socket.write(reply(`${sockets.length}`)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const poster = new Poster(new URL(`http://127.0.0.1:${portOf(server)}/`))
    const post = async () => (await poster.post({}, '{}', { timeoutMs: PATIENCE_MS })).text
    expect([await post(), await post()]).toEqual(['1', '1'])
    const closed = new Promise((resolve) => sockets[0]?.once('close', resolve))
    sockets[0]?.write(reply('unasked'))
    await closed
    expect(await post()).toBe('2')
    await poster.close()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  it('sends nothing behind a request that was answered before it was read', async () => {
    const sockets: Socket[] = []
    const server = createRawServer((socket) => {
      sockets.push(socket)
      socket
        .on('error', () => {})
        .once('data', () => {
          socket.pause().write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\n{}')
        })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const poster = new Poster(new URL(`http://127.0.0.1:${portOf(server)}/`))
    const statusOf = async (body: string) => (await poster.post({}, body, { timeoutMs: PATIENCE_MS })).status
    expect([await statusOf('x'.repeat(30_000_000)), await statusOf('{}')]).toEqual([413, 413])
    expect(sockets).toHaveLength(2)
    await poster.close()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  it('fails where nobody listens', async () => {
    const poster = new Poster(new URL('http://127.0.0.1:1/'))
    await expect(poster.post({}, '{}', { timeoutMs: PATIENCE_MS })).rejects.toThrow('ECONNREFUSED')
    await poster.close()
  })
})

describe('a poster before a server with a certificate', () => {
  it('asks it over TLS where the certificate is trusted, and sends nothing where it is not', async () => {
    const asked: (string | undefined)[] = []
    const server = createSecureServer({ cert: certificate, key: certificateKey }, (request, response) => {
      asked.push(request.headers.host)
      response.writeHead(200).end('x'.repeat(100_000))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = new URL(`https://localhost:${portOf(server)}/graphql`)
    const posters = [new Poster(url, { ca: certificate }), new Poster(url)] as const
    for (let n = 0; n < 3; n++)
      expect((await posters[0].post({}, '{}', { timeoutMs: PATIENCE_MS })).text).toHaveLength(100_000)
    await expect(posters[1].post({}, '{}', { timeoutMs: PATIENCE_MS })).rejects.toThrow('self-signed certificate')
    expect(asked).toEqual(Array(3).fill(url.host))
    for (const poster of posters) await poster.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
})
