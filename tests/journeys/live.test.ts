import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { describePlatforms, type Platform, startPlatform } from './stage.ts'
import { credit, EVENTUALLY, setStatus, Trader } from './venue.ts'
import { type LiveEvents, plain, Visitor } from './visitor.ts'

const BOOK_WITH_PREDICTION = /* GraphQL */ `
  subscription Book($symbol: String!, $depth: Int) {
    orderBook(symbol: $symbol, depth: $depth) {
      kind sequence previousSequence checksum
      bids { price quantity }
      asks { price quantity }
      market { symbol status prediction(horizon: S10) {
        direction probability upProbability horizonMs featureVectorHash explanation { total }
        modelVersion { version trackRecord { horizon scored } }
      } }
    }
  }
`
const level = z.object({ price: z.string(), quantity: z.string() })
const eventSchema = z.object({
  data: z.object({
    orderBook: z.object({
      kind: z.enum(['SNAPSHOT', 'DELTA']),
      sequence: z.number(),
      previousSequence: z.number().nullable(),
      checksum: z.string(),
      bids: z.array(level),
      asks: z.array(level),
      market: z.object({
        symbol: z.string(),
        status: z.string(),
        prediction: z
          .object({
            direction: z.enum(['UP', 'DOWN']),
            probability: z.number(),
            upProbability: z.number(),
            horizonMs: z.number(),
            featureVectorHash: z.string(),
            explanation: z.object({ total: z.number() }),
            modelVersion: z.object({ trackRecord: z.object({ horizon: z.literal('S10'), scored: z.number() }) }),
          })
          .nullable(),
      }),
    }),
  }),
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }).loose() }).loose()).optional(),
})
type BookEvent = z.infer<typeof eventSchema>
const nextOf = async (events: LiveEvents): Promise<BookEvent> => eventSchema.parse(await events.next())

type Levels = Map<string, { price: string; quantity: string }>

/** Follows the book as a client would: a snapshot, then deltas that join, and what comes of them is what the checksum says. */
class Follower {
  readonly #bids: Levels = new Map()
  readonly #asks: Levels = new Map()
  readonly kinds: string[] = []
  sequence = 0

  read({ data: { orderBook } }: BookEvent): void {
    this.kinds.push(orderBook.kind)
    if (orderBook.kind === 'SNAPSHOT') {
      this.#bids.clear()
      this.#asks.clear()
    } else expect(orderBook.previousSequence, 'deltas join').toBe(this.sequence)
    this.sequence = orderBook.sequence
    this.#apply(this.#bids, orderBook.bids)
    this.#apply(this.#asks, orderBook.asks)
    expect(this.checksum(), 'the checksum').toBe(orderBook.checksum)
  }

  /** The quantity bid at a price. */
  bid(price: string): string | undefined {
    const level = this.#bids.get(price)
    return level && plain(level.quantity)
  }

  checksum(): string {
    const best = (levels: Levels, direction: 1 | -1) =>
      [...levels.values()].sort((a, b) => direction * (Number(a.price) - Number(b.price))).slice(0, 10)
    const text = [...best(this.#asks, 1), ...best(this.#bids, -1)].map(({ price, quantity }) => `${price}:${quantity}`)
    return crc32(text.join()).toString(16).padStart(8, '0')
  }

  #apply(levels: Levels, changes: readonly { price: string; quantity: string }[]): void {
    for (const change of changes) {
      if (plain(change.quantity) === '0') levels.delete(plain(change.price))
      else levels.set(plain(change.price), change)
    }
  }
}

describePlatforms((mode) => {
  let platform: Platform
  let visitor: Visitor
  let maker: Trader

  beforeAll(async () => {
    platform = await startPlatform(mode)
    visitor = new Visitor(platform.graphqlUrl)
    const operator = visitor.as(await platform.operator())
    await setStatus(operator, 'BTC-USDT', 'TRADING')
    maker = await Trader.register(visitor, 'maker')
    await credit(operator, maker.userId, 'USDT', '1000000')
    await credit(operator, maker.userId, 'BTC', '100')
    await maker.place({ side: 'BUY', price: '60000', quantity: '1' })
    await maker.place({ side: 'SELL', price: '61000', quantity: '1' })
  })
  afterAll(async () => {
    await visitor?.leave()
    await platform?.stop()
  })

  let moves = 0
  /** Raises the best bid by a tick, so that every subscriber hears of it. @returns the new best bid. */
  async function move(): Promise<string> {
    const price = (60_000 + ++moves / 100).toFixed(2)
    await maker.place({ side: 'BUY', price, quantity: '0.1' })
    return price
  }

  test('the book comes as a snapshot and deltas that join, with the prediction of another subgraph in each event', async () => {
    const events = visitor.live(BOOK_WITH_PREDICTION, { symbol: 'BTC-USDT', depth: 5 })
    const follower = new Follower()
    const first = await nextOf(events)
    expect(first.data.orderBook).toMatchObject({
      kind: 'SNAPSHOT',
      previousSequence: null,
      market: { symbol: 'BTC-USDT', status: 'TRADING' },
    })
    follower.read(first)
    for (let count = 0; count < 3; count++) {
      const price = await move()
      const event = await nextOf(events)
      expect(event.data.orderBook.kind).toBe('DELTA')
      follower.read(event)
      expect(follower.bid(plain(price))).toBe('0.1')
    }
    await keepMoving(move, async () => {
      const event = await nextOf(events)
      follower.read(event)
      return event.data.orderBook.market.prediction !== null
    })
    await events.end()
  })

  test('whoever comes while the market moves reads the very book from the first event on, and all read the same', async () => {
    const readers: { follower: Follower; reading: Promise<void>; end: () => Promise<void> }[] = []
    const join = () => {
      const events = visitor.live(BOOK_WITH_PREDICTION, { symbol: 'BTC-USDT', depth: 3 })
      const follower = new Follower()
      let isOver = false
      const reading = (async () => {
        while (!isOver) {
          const event = await events.next().catch(() => null)
          if (event === null || event.data === undefined) return
          follower.read(eventSchema.parse(event))
        }
      })()
      readers.push({
        follower,
        reading,
        end: async () => {
          isOver = true
          await events.end()
        },
      })
    }
    for (let count = 0; count < 60; count++) {
      if (count % 4 === 0) join()
      await move()
    }
    const agreed = () =>
      new Set(readers.map(({ follower }) => `${follower.sequence} ${follower.checksum()}`)).size === 1
    await expect.poll(agreed, EVENTUALLY).toBe(true)
    for (const { follower } of readers) expect(follower.kinds[0]).toBe('SNAPSHOT')
    await Promise.all(readers.map(({ end }) => end()))
    await Promise.all(readers.map(({ reading }) => reading))
  })

  test('the book flows on without anya, says so once for each event, and has predictions again when anya is back', async () => {
    const events = visitor.live(BOOK_WITH_PREDICTION, { symbol: 'BTC-USDT', depth: 5 })
    const follower = new Follower()
    follower.read(await nextOf(events))
    await platform.stopDomain('anya')
    let without = 0
    await keepMoving(move, async () => {
      const event = await nextOf(events)
      follower.read(event)
      if (event.errors === undefined) return false
      expect(event.errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: 'anya' } }])
      expect(event.errors).toHaveLength(1)
      expect(event.data.orderBook.market.prediction).toBeNull()
      return ++without === 5
    })
    if (platform.startDomain === null) return events.end()
    await platform.startDomain('anya')
    await keepMoving(move, async () => {
      const event = await nextOf(events)
      follower.read(event)
      return event.errors === undefined && event.data.orderBook.market.prediction !== null
    })
    await events.end()
  })
})

/** Keeps the market moving, an event at a time, until what is waited for is seen. */
async function keepMoving(move: () => Promise<unknown>, seen: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(40_000)
  while (!deadline.aborted) {
    await move()
    if (await seen()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it was not seen in time')
}
