import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeptConnections } from './kept-connections.ts'

describe('connections that are kept', () => {
  let server: Server
  let connections: KeptConnections
  let opened: Socket[]
  /** Called with each request and its socket. */
  let serve: (request: string, socket: Socket) => void

  beforeEach(async () => {
    opened = []
    serve = (_, socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    server = createServer((socket) => {
      opened.push(socket)
      socket.on('error', () => {})
      socket.on('data', (request) => serve(request.toString(), socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    connections = new KeptConnections(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`))
  })
  afterEach(async () => {
    connections.close()
    for (const socket of opened) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const post = (body = '{}', limits: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
    connections.post({ 'content-type': 'application/json' }, body, { timeoutMs: 5_000, ...limits })

  it('carry one request after another', async () => {
    const requests: string[] = []
    serve = (request, socket) => {
      requests.push(request)
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    }
    await post('{"a":"ü"}')
    expect((await post('{"b":2}')).text).toBe('{}')
    expect(opened).toHaveLength(1)
    expect(requests[0]).toMatch(/^POST \/graphql HTTP\/1.1\r\nhost: 127.0.0.1:\d+\r\n/)
    expect(requests[0]).toMatch(/content-type: application\/json\r\ncontent-length: 10\r\n\r\n{"a":"ü"}$/)
  })

  it('are no more than 64, whatever waits', async () => {
    const waiting: Socket[] = []
    serve = (_, socket) => void waiting.push(socket)
    const answers = Array.from({ length: 100 }, () => post())
    await expect.poll(() => waiting.length).toBe(64)
    serve = (_, socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    for (const socket of waiting) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    expect(await Promise.all(answers)).toHaveLength(100)
    expect(opened).toHaveLength(64)
  })

  it('are not used again once an answer on them was given up', async () => {
    serve = (request, socket) => {
      if (!request.includes('slow')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
      else setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n{"a":1}'), 60)
    }
    await post()
    await expect(post('slow', { timeoutMs: 20 })).rejects.toThrow('no answer within 20 ms')
    const gone = new AbortController()
    const abandoned = post('slow', { signal: gone.signal })
    await expect.poll(() => opened.length).toBe(2)
    gone.abort()
    await expect(abandoned).rejects.toThrow('abandoned')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await post()).text).toBe('{}')
    expect(opened.length).toBe(3)
  })

  it('fail what was asked on them where they break, and are made anew', async () => {
    serve = (_, socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"half":')
    await expect(post()).rejects.toThrow('closed')
    serve = (_, socket) => socket.write('nonsense\r\n\r\n')
    await expect(post()).rejects.toThrow('HTTP/1.1')
    serve = (_, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"to":"the end"}')
    expect((await post()).text).toBe('{"to":"the end"}')
    serve = (_, socket) => socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}')
    await post()
    await post()
    expect(opened).toHaveLength(5)
  })

  it('are given up before their server does', async () => {
    serve = (_, socket) => socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\n{}')
    await post()
    await post()
    expect(opened).toHaveLength(2)
  })

  it('take no word that nobody asked for', async () => {
    await post()
    opened[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil')
    await expect.poll(() => opened[0]?.destroyed).toBe(true)
    expect((await post()).text).toBe('{}')
  })

  it('send no header that would be two', async () => {
    await expect(connections.post({ a: 'b\r\nc: d' }, '{}', { timeoutMs: 1_000 })).rejects.toThrow('header a')
  })

  it('say where there is no server', async () => {
    const nobody = new KeptConnections(new URL('http://127.0.0.1:1/graphql'))
    await expect(nobody.post({}, '{}', { timeoutMs: 1_000 })).rejects.toThrow('ECONNREFUSED')
    nobody.close()
  })
})
