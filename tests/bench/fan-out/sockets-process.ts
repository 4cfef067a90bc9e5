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
const NOTHING = Buffer.alloc(0)
/** Read into by one socket after the other: what is left of it is copied. */
const shared = Buffer.alloc(256 * 1024)

class Reader {
  readonly socket: Socket
  readonly #isSampled: boolean
  frames = 0
  /** What began a frame and is not enough of it. */
  #rest: Buffer = NOTHING
  /** Of a frame that is not looked at: how much of it is still to come. */
  #toSkip = 0

  constructor(socket: Socket, isSampled: boolean) {
    this.socket = socket
    this.#isSampled = isSampled
  }

  /** Counts the frames of a chunk, which may begin and end within one. The chunk is the caller's to use again. */
  read(chunk: Buffer): void {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = NOTHING
    let at = Math.min(this.#toSkip, data.length)
    this.#toSkip -= at
    while (at < data.length) {
      const frame = frameAt(data, at)
      const isWhole = frame !== null && frame.to <= data.length
      if (frame === null || (this.#isSampled && !isWhole)) {
        this.#rest = Buffer.from(data.subarray(at))
        return
      }
      if (frame.opcode === PING) this.socket.write(framed(PONG, NOTHING))
      else this.frames++
      if (this.#isSampled) this.#sample(data.subarray(frame.from, frame.to))
      if (!isWhole) this.#toSkip = frame.to - data.length
      at = frame.to
    }
  }

  #sample(payload: Buffer): void {
    const at = payload.indexOf('"sentAt":')
    if (at >= 0) return void latencies.push(now() - Number.parseFloat(payload.toString('latin1', at + 9, at + 32)))
    // Engine time, whole milliseconds.
    const time = payload.indexOf('"time":"')
    if (time >= 0) latencies.push(now() - Date.parse(payload.toString('latin1', time + 8, time + 32)))
  }
}

/** The frame of a server (unmasked; its pings carry nothing) that begins there; null while that cannot be told. */
function frameAt(data: Buffer, at: number): { opcode: number; from: number; to: number } | null {
  if (data.length < at + 2) return null
  const short = (data[at + 1] ?? 0) & 0x7f
  const from = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
  if (data.length < from) return null
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2))
  return { opcode: (data[at] ?? 0) & 0x0f, from, to: from + length }
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

function open(port: number, query: string, isSampled: boolean): Promise<void> {
  return new Promise((resolve) => {
    let reader: Reader | null = null
    let replies = 0
    // The upgrade, the acknowledgement, and then events.
    const hear = (length: number) => {
      if (reader) reader.read(shared.subarray(0, length))
      else if (++replies === 1) socket.write(masked({ type: 'connection_init' }))
      else {
        reader = new Reader(socket, isSampled)
        readers.push(reader)
        socket.write(masked({ id: randomUUID(), type: 'subscribe', payload: { query } }))
        resolve()
      }
      return true
    }
    const socket = connect({ port, host: '127.0.0.1', onread: { buffer: shared, callback: hear } })
    socket.setNoDelay()
    socket.on('error', () => {})
    socket.on('close', () => lost++)
    const key = randomBytes(16).toString('base64')
    socket.write(
      `GET /graphql HTTP/1.1\r\nhost: bench\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: ${key}\r\nsec-websocket-version: 13\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`,
    )
  })
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
