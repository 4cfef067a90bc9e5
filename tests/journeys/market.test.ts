import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '@opsource/kernel'
import { type MarketDataSource, type MarketReport, playRecording, RecordedSource } from '@opsource/market'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { booksAgree } from './books.ts'
import { runProgram } from './program.ts'
import { describePlatforms, type Platform, startPlatform } from './stage.ts'
import { credit, EVENTUALLY, Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const RECORDING = path.resolve(import.meta.dirname, '../../data/binance-btc-eth-2024-08-08')
const MARKETS = /* GraphQL */ `
  query Markets { markets { symbol status recording { dataSet segment pass } orderBook(depth: 20) { bids { price } asks { price } } } }
`
const tradeCountSchema = z.object({ bookOfRecord: z.object({ tradeCount: z.number().positive() }) })
const ledgerSchema = z.object({ ledger: z.object({ watermark: z.number().positive() }) })
const watermarkSchema = z.object({ portfolio: z.object({ watermark: z.number() }) })
const marketsSchema = z.object({
  markets: z.array(
    z.object({
      symbol: z.string(),
      status: z.string(),
      recording: z.object({ dataSet: z.string(), segment: z.string(), pass: z.number() }).nullable(),
      orderBook: z.object({
        bids: z.array(z.object({ price: z.string() })),
        asks: z.array(z.object({ price: z.string() })),
      }),
    }),
  ),
})

describePlatforms((mode) => {
  let platform: Platform
  let visitor: Visitor

  beforeAll(async () => {
    platform = await startPlatform(mode)
    visitor = new Visitor(platform.graphqlUrl)
  })
  afterAll(() => platform?.stop())

  /** Who asks for their own portfolio reads what they wrote: the exchange's ledger has then all that the market in a box has sent. */
  async function settled(): Promise<number> {
    const { maker, taker } = platform.marketKeys
    for (const key of [maker, taker])
      await visitor.as(`ApiKey ${key}`).get(watermarkSchema, '{ portfolio { watermark } }')
    return (await visitor.as(await platform.operator()).get(ledgerSchema, '{ ledger { watermark } }')).ledger.watermark
  }

  async function play(changes: {
    seconds: number
    speed?: number | 'max'
    stop?: AbortSignal
    seed?: number
    judge?: boolean
    source?: MarketDataSource
  }) {
    const reports: MarketReport[] = []
    const told: string[] = []
    await playRecording({
      gatewayUrl: platform.graphqlUrl,
      keys: platform.marketKeys,
      source: changes.source ?? (await RecordedSource.open(RECORDING)),
      speed: changes.speed ?? 'max',
      loop: false,
      depth: 20,
      seed: changes.seed ?? 1,
      judge: changes.judge ?? true,
      recordedMs: changes.seconds * 1000,
      clock: systemClock,
      stop: changes.stop ?? new AbortController().signal,
      tell: (line) => void told.push(line),
      onReport: (each) => void reports.push(...each),
    })
    return { reports, told }
  }

  test('the exchange shows the recorded best prices after every recorded diff, and comes to rest at the end', async () => {
    const { reports } = await play({ seconds: 12 })
    expect(reports.map((report) => report.symbol).sort()).toEqual(['BTC-USDT', 'ETH-USDT'])
    for (const report of reports) {
      expect(report.judged).toBeGreaterThan(100)
      expect(report.pricesEqual).toBeGreaterThanOrEqual(0.99)
      expect(report.quantitiesEqual).toBeGreaterThanOrEqual(0.99)
      expect(report.tradesFilled).toBeGreaterThan(0.5)
      expect(report.refusals).toEqual({})
    }
    await expect
      .poll(async () => (await visitor.get(marketsSchema, MARKETS)).markets, EVENTUALLY)
      .toEqual(
        ['BTC-USDT', 'ETH-USDT'].map((symbol) => ({
          symbol,
          status: 'PAUSED',
          recording: null,
          orderBook: { bids: [], asks: [] },
        })),
      )
    const operator = visitor.as(await platform.operator())
    await booksAgree(operator, await settled())
    const { bookOfRecord } = await operator.get(tradeCountSchema, '{ bookOfRecord { tradeCount } }')
    expect(bookOfRecord.tradeCount).toBeGreaterThan(100)
  })

  test('the same seed again sends the same orders, and none is carried out twice', async () => {
    const operator = visitor.as(await platform.operator())
    await play({ seconds: 3, seed: 7, judge: false })
    const before = await booksAgree(operator, await settled())
    const trades = await operator.get(tradeCountSchema, '{ bookOfRecord { tradeCount } }')
    await play({ seconds: 3, seed: 7, judge: false })
    expect(await booksAgree(operator, await settled())).toEqual(before)
    expect(await operator.get(tradeCountSchema, '{ bookOfRecord { tradeCount } }')).toEqual(trades)
  })

  test('where the source fails, nothing that followed it stays on the book', async () => {
    const recorded = await RecordedSource.open(RECORDING)
    const failing: MarketDataSource = {
      name: 'failing',
      dataSet: recorded.dataSet,
      covers: (instrument) => recorded.covers(instrument),
      async *steps(instruments, depth, faults) {
        let count = 0
        for await (const step of recorded.steps(instruments, depth, faults)) {
          yield step
          if (++count === 60) throw new Error('the source is gone')
        }
      },
    }
    await expect(play({ seconds: 60, seed: 8, judge: false, source: failing })).rejects.toThrow('the source is gone')
    await expect
      .poll(async () => (await visitor.get(marketsSchema, MARKETS)).markets, EVENTUALLY)
      .toMatchObject(
        ['BTC-USDT', 'ETH-USDT'].map((symbol) => ({ symbol, status: 'PAUSED', orderBook: { bids: [], asks: [] } })),
      )
  })

  test('while it plays in real time anyone can trade with it, and the level comes back', async () => {
    const operator = visitor.as(await platform.operator())
    const trader = await Trader.register(visitor, 'grace')
    await credit(operator, trader.userId, 'USDT', '10000')
    const stop = new AbortController()
    const playing = play({ seconds: 60, speed: 1, stop: stop.signal, seed: 2 })
    await expect
      .poll(async () => (await visitor.get(marketsSchema, MARKETS)).markets[0], EVENTUALLY)
      .toMatchObject({
        status: 'TRADING',
        recording: { dataSet: 'binance-btc-eth-2024-08-08', segment: 'spot_btcusdt_20240808' },
      })
    await expect
      .poll(async () => (await visitor.get(marketsSchema, MARKETS)).markets[0]?.orderBook.asks.length, EVENTUALLY)
      .toBe(20)
    const bought = await trader.place({ side: 'BUY', type: 'MARKET', quantity: '0.01' })
    expect(bought.order.status).toBe('FILLED')
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    stop.abort()
    const { reports } = await playing
    for (const report of reports) expect(report.pricesEqual).toBeGreaterThanOrEqual(0.9)
  })
})

describe('the program', () => {
  let empty: string
  beforeAll(async () => {
    empty = await mkdtemp(path.join(tmpdir(), 'no-recording-'))
  })
  afterAll(() => rm(empty, { recursive: true, force: true }))

  test('names a folder that holds no recording', async () => {
    expect(await runProgram('apps/market/src/main.ts', ['--data', empty])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no recording'),
    })
  })

  test('names an option that it does not know', async () => {
    expect(await runProgram('apps/market/src/main.ts', ['--warp'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--warp'),
    })
  })

  test('names a key that is refused', async () => {
    const platform = await startPlatform('standalone')
    try {
      const keys = { OPSOURCE_MAKER_KEY: 'opk_nobody_has_this_key_at_all', OPSOURCE_GATEWAY_URL: platform.graphqlUrl }
      expect(await runProgram('apps/market/src/main.ts', [], keys)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining("maker's API key"),
      })
    } finally {
      await platform.stop()
    }
  })
})
