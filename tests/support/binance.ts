import { createReadStream } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'

const levels = z.array(z.tuple([z.string(), z.string()]))
const diffSchema = z.object({ e: z.literal('depthUpdate'), u: z.number(), b: levels, a: levels })
const messageSchema = z.object({ stream: z.string(), data: z.looseObject({}) })
const snapshotSchema = z.object({ lastUpdateId: z.number(), bids: levels, asks: levels })
const subscribeSchema = z.object({ method: z.string(), params: z.array(z.string()), id: z.number() })

type Levels = readonly (readonly [price: string, quantity: string])[]
type Side = Map<string, string>
type Recorded =
  | { readonly stream: string; readonly data: Readonly<Record<string, unknown>> }
  | z.infer<typeof snapshotSchema>

/**
 * Speaks Binance's spot protocol for one market, from a recording of the real one: REST exchangeInfo and depth, and the combined
 * depth and trade streams over WebSocket. What is sent, and when, is up to the test.
 */
export class BinanceServer {
  readonly #server: Server
  readonly #sockets: WebSocketServer
  readonly #subscribers = new Map<WebSocket, Set<string>>()
  readonly #messages: AsyncIterator<Recorded>
  readonly #bids: Side = new Map()
  readonly #asks: Side = new Map()
  #lastUpdateId = 0
  snapshotsServed = 0

  private constructor(file: string) {
    this.#messages = readRecording(file)
    this.#server = createServer((request, response) => this.#answer(request, response))
    this.#sockets = new WebSocketServer({ server: this.#server })
    this.#sockets.on('connection', (socket) => this.#accept(socket))
  }

  static async start(file: string): Promise<BinanceServer> {
    const server = new BinanceServer(file)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  /** ccxt's settings that lead here instead of to Binance. */
  get settings(): Readonly<Record<string, unknown>> {
    const { port } = this.#server.address() as AddressInfo
    return {
      urls: {
        api: { public: `http://127.0.0.1:${port}/api/v3`, ws: { spot: `ws://127.0.0.1:${port}/ws` } },
      },
      options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false },
    }
  }

  subscribedTo(stream: string): boolean {
    return [...this.#subscribers.values()].some((streams) => streams.has(stream))
  }

  get connections(): number {
    return this.#subscribers.size
  }

  /** Plays the recording up to and with its snapshot, which the exchange then has as its book. */
  async playToSnapshot(): Promise<void> {
    while (this.#lastUpdateId === 0) await this.play(1)
  }

  /** Sends the next messages of the recording. @param lost those of the depth stream never arrive. */
  async play(count: number, lost = false): Promise<void> {
    for (let at = 0; at < count; at++) {
      const { value, done } = await this.#messages.next()
      if (done) throw new Error('the recording has ended')
      if ('lastUpdateId' in value) this.#load(value)
      else this.#pass(value, lost)
    }
  }

  /** The exchange's own book: best first. */
  best(depth: number): { bids: [number, number][]; asks: [number, number][] } {
    const sorted = (side: Side, sign: number) =>
      Array.from(side, ([price, quantity]): [number, number] => [Number(price), Number(quantity)])
        .sort(([a], [b]) => sign * (a - b))
        .slice(0, depth)
    return { bids: sorted(this.#bids, -1), asks: sorted(this.#asks, 1) }
  }

  /** Every connection breaks. */
  breakOff(): void {
    for (const socket of this.#subscribers.keys()) socket.terminate()
    this.#subscribers.clear()
  }

  async stop(): Promise<void> {
    this.breakOff()
    this.#sockets.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #load(snapshot: z.infer<typeof snapshotSchema>): void {
    this.#set(this.#bids, snapshot.bids)
    this.#set(this.#asks, snapshot.asks)
    this.#lastUpdateId = snapshot.lastUpdateId
  }

  #pass(message: { readonly stream: string; readonly data: unknown }, lost: boolean): void {
    const diff = diffSchema.safeParse(message.data)
    if (diff.success && this.#lastUpdateId > 0 && diff.data.u > this.#lastUpdateId) {
      this.#set(this.#bids, diff.data.b)
      this.#set(this.#asks, diff.data.a)
      this.#lastUpdateId = diff.data.u
    }
    if (lost && diff.success) return
    for (const [socket, streams] of this.#subscribers) {
      if (streams.has(message.stream)) socket.send(JSON.stringify(message.data))
    }
  }

  #set(side: Side, changes: Levels): void {
    for (const [price, quantity] of changes) {
      if (Number(quantity) === 0) side.delete(price)
      else side.set(price, quantity)
    }
  }

  #accept(socket: WebSocket): void {
    this.#subscribers.set(socket, new Set())
    socket.on('close', () => this.#subscribers.delete(socket))
    socket.on('message', (text) => {
      const { params, id } = subscribeSchema.parse(JSON.parse(String(text)))
      for (const stream of params) this.#subscribers.get(socket)?.add(stream)
      socket.send(JSON.stringify({ result: null, id }))
    })
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://exchange')
    const document = pathname.endsWith('/exchangeInfo') ? EXCHANGE_INFO : this.#depth()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  }

  #depth() {
    this.snapshotsServed++
    const all = (side: Side, sign: number) => [...side].sort(([a], [b]) => sign * (Number(a) - Number(b)))
    return { lastUpdateId: this.#lastUpdateId, bids: all(this.#bids, -1), asks: all(this.#asks, 1) }
  }
}

async function* readRecording(file: string): AsyncGenerator<Recorded> {
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    const message: unknown = JSON.parse(line.slice(line.indexOf(' ') + 1))
    const event = messageSchema.safeParse(message)
    yield event.success ? event.data : snapshotSchema.parse(message)
  }
}

const EXCHANGE_INFO = {
  timezone: 'UTC',
  serverTime: 0,
  rateLimits: [],
  exchangeFilters: [],
  symbols: [
    {
      symbol: 'BTCUSDT',
      status: 'TRADING',
      baseAsset: 'BTC',
      baseAssetPrecision: 8,
      quoteAsset: 'USDT',
      quotePrecision: 8,
      quoteAssetPrecision: 8,
      orderTypes: ['LIMIT', 'MARKET'],
      isSpotTradingAllowed: true,
      isMarginTradingAllowed: false,
      permissions: ['SPOT'],
      permissionSets: [['SPOT']],
      filters: [
        { filterType: 'PRICE_FILTER', minPrice: '0.01', maxPrice: '1000000.00', tickSize: '0.01' },
        { filterType: 'LOT_SIZE', minQty: '0.00001', maxQty: '9000', stepSize: '0.00001' },
      ],
    },
  ],
}
