import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'
import type { MarketBook, MarketUpdate } from '../features/index.ts'

/** Decimal places of one tick and of one lot: the market's steps on the exchange. */
export interface MarketSteps {
  readonly tickScale: number
  readonly lotScale: number
}

/** What a recording tells, in exchange time. */
export type RecordedEvent =
  | { readonly kind: 'BOOK'; readonly book: MarketBook }
  | { readonly kind: 'UPDATE'; readonly update: MarketUpdate }

const levels = z.array(z.tuple([z.string(), z.string()]))
const lineSchema = z.union([
  z.object({ lastUpdateId: z.number(), bids: levels, asks: levels }),
  z.object({
    data: z.discriminatedUnion('e', [
      z.object({ e: z.literal('depthUpdate'), E: z.number(), u: z.number(), b: levels, a: levels }),
      z.object({ e: z.literal('trade'), T: z.number(), q: z.string(), m: z.boolean() }),
    ]),
  }),
])
type Line = z.infer<typeof lineSchema>
type StreamData = Extract<Line, { data: unknown }>['data']
type Diff = Extract<StreamData, { e: 'depthUpdate' }>
type Trade = Extract<StreamData, { e: 'trade' }>

/**
 * Reads a recorded stream by its replay rule: diffs before the snapshot wait for it, those that it contains are dropped, the rest
 * follow in order. A trade comes before the diff that contains it, as it does on the exchange.
 * @param continuations files that go on where the one before ends.
 */
export async function readRecording(
  path: string,
  steps: MarketSteps,
  continuations: readonly string[] = [],
): Promise<RecordedEvent[]> {
  const { snapshot, diffs, trades } = await readLines([path, ...continuations])
  const fresh = diffs.filter((diff) => diff.u > snapshot.lastUpdateId)
  const start = diffs.findLast((diff) => diff.u <= snapshot.lastUpdateId)?.E ?? fresh[0]?.E
  if (start === undefined) throw new Error(`${path} has no depth updates`)
  const parseLevels = (side: readonly [string, string][]) =>
    side.map(([price, quantity]) => [inSteps(price, steps.tickScale), inSteps(quantity, steps.lotScale)] as const)
  const updates = [
    ...trades.filter((trade) => trade.T > start).map((trade) => tradeUpdate(trade, steps)),
    ...fresh.map((diff) => ({ time: diff.E, bids: parseLevels(diff.b), asks: parseLevels(diff.a), trades: [] })),
  ].sort((a, b) => a.time - b.time)
  const book = { time: start, bids: parseLevels(snapshot.bids), asks: parseLevels(snapshot.asks) }
  return [{ kind: 'BOOK', book }, ...updates.map((update) => ({ kind: 'UPDATE', update }) as const)]
}

async function readLines(paths: readonly string[]) {
  const diffs: Diff[] = []
  const trades: Trade[] = []
  let snapshot: Extract<Line, { lastUpdateId: number }> | undefined
  for await (const text of linesOf(paths)) {
    if (text.includes('@bookTicker"')) continue
    const line = lineSchema.parse(JSON.parse(text.slice(text.indexOf(' ') + 1)))
    if ('lastUpdateId' in line) snapshot = line
    else if (line.data.e === 'trade') trades.push(line.data)
    else diffs.push(line.data)
  }
  if (!snapshot) throw new Error(`${paths[0]} has no snapshot of the book`)
  return { snapshot, diffs, trades }
}

async function* linesOf(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) yield* createInterface({ input: createReadStream(path).pipe(createGunzip()) })
}

/** `m` is true where the buyer was the maker. */
function tradeUpdate(trade: Trade, steps: MarketSteps): MarketUpdate {
  const side = trade.m ? 'SELL' : 'BUY'
  return {
    time: trade.T,
    bids: [],
    asks: [],
    trades: [{ quantity: inSteps(trade.q, steps.lotScale), takerSide: side }],
  }
}

/** Whole steps of 10^-scale. Recorded figures lie far below 2^53 steps, and they are measurements here, not money. */
const inSteps = (decimal: string, scale: number) => Math.round(Number(decimal) * 10 ** scale)
