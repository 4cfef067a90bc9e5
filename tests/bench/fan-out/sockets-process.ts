import { randomBytes, randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { z } from 'zod'
import { now } from './books.ts'
import { serveOrders } from './children.ts'

/** So many sockets, evenly among all, read the time in their events. */
const SAMPLED = 100
const OPENED_AT_ONCE = 50
/** Opcodes of RFC 6455. */
const [TEXT, PING, PONG] = [1, 9, 10]

/** Many sockets at little cost: frames are counted, not read. */
const readers: Reader[] = []
let latencies: number[] = []
let lost = 0

class Reader {
  readonly socket: Socket
  readonly #isSampled: boolean
  frames = 0
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket, isSampled: boolean) {
    this.socket = socket
    this.#isSampled = isSampled
  }

  /** Counts the frames of a chunk, which may begin and end within one. */
  read(chunk: Buffer): void {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    for (;;) {
      const frame = frameOf(data)
      if (!frame) break
      if (frame.opcode === PING) this.socket.write(framed(PONG, data.subarray(frame.from, frame.to)))
      else {
        if (this.#isSampled) this.#sample(data.subarray(frame.from, frame.to))
        this.frames++
      }
      data = data.subarray(frame.to)
    }
    this.#rest = data
  }

  #sample(payload: Buffer): void {
    const at = payload.indexOf('"sentAt":')
    if (at >= 0) return void latencies.push(now() - Number.parseFloat(payload.toString('latin1', at + 9, at + 32)))
    // Engine time, whole milliseconds.
    const time = payload.indexOf('"time":"')
    if (time >= 0) latencies.push(now() - Date.parse(payload.toString('latin1', time + 8, time + 32)))
  }
}

/** The first frame of a server (unmasked), and where its payload is; null while it is not whole. */
function frameOf(data: Buffer): { opcode: number; from: number; to: number } | null {
  if (data.length < 2) return null
  const short = (data[1] ?? 0) & 0x7f
  const from = short < 126 ? 2 : short === 126 ? 4 : 10
  if (data.length < from) return null
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2))
  return data.length < from + length ? null : { opcode: (data[0] ?? 0) & 0x0f, from, to: from + length }
}

/** A frame as clients send it: masked. */
function framed(opcode: number, content: Uint8Array): Buffer {
  const payload = Buffer.from(content)
  const mask = randomBytes(4)
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0)
  const { length } = payload
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...size]), mask, payload])
}

function masked(message: object): Buffer {
  return framed(TEXT, Buffer.from(JSON.stringify(message)))
}

async function open(port: number, query: string, isSampled: boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay()
  const key = randomBytes(16).toString('base64')
  socket.write(
    `GET /graphql HTTP/1.1\r\nhost: bench\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: ${key}\r\nsec-websocket-version: 13\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`,
  )
  const said = () => new Promise<Buffer>((resolve) => socket.once('data', resolve))
  await said()
  socket.write(masked({ type: 'connection_init' }))
  await said()
  const reader = new Reader(socket, isSampled)
  socket.on('data', (chunk) => reader.read(chunk))
  socket.on('error', () => {})
  socket.on('close', () => lost++)
  socket.write(masked({ id: randomUUID(), type: 'subscribe', payload: { query } }))
  readers.push(reader)
}

const orderSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('open'), port: z.number(), query: z.string(), count: z.number() }),
  z.object({ do: z.literal('count') }),
  z.object({ do: z.literal('latencies') }),
  z.object({ do: z.literal('pause') }),
  z.object({ do: z.literal('resume') }),
])

serveOrders(orderSchema, async (order) => {
  if (order.do === 'open') {
    for (let from = 0; from < order.count; from += OPENED_AT_ONCE) {
      const some = Array.from({ length: Math.min(OPENED_AT_ONCE, order.count - from) }, (_, i) => from + i)
      await Promise.all(
        some.map((index) => open(order.port, order.query, index % Math.ceil(order.count / SAMPLED) === 0)),
      )
    }
    return null
  }
  if (order.do === 'pause') for (const { socket } of readers) socket.pause()
  if (order.do === 'resume') for (const { socket } of readers) socket.resume()
  if (order.do === 'latencies') {
    const taken = latencies
    latencies = []
    return taken
  }
  if (lost > 0) throw new Error(`${lost} sockets were closed`)
  const counts = readers.map(({ frames }) => frames)
  return { total: counts.reduce((sum, count) => sum + count, 0), least: Math.min(...counts) }
})
