import { z } from 'zod'

const decimal = z.string().regex(/^\d+(\.\d+)?$/)
const level = z.tuple([decimal, decimal])
const levels = z.array(level)
const id = z.number().int().nonnegative()

const snapshotSchema = z.object({ lastUpdateId: id, bids: levels, asks: levels })
const depthSchema = z.object({ e: z.literal('depthUpdate'), E: id, s: z.string(), U: id, u: id, b: levels, a: levels })
const tradeSchema = z.object({
  e: z.literal('trade'),
  E: id,
  s: z.string(),
  t: id,
  p: decimal,
  q: decimal,
  T: id,
  m: z.boolean(),
})
const touchSchema = z.object({ u: id, s: z.string(), b: decimal, B: decimal, a: decimal, A: decimal })
const streamSchema = z.object({ stream: z.string(), data: z.union([depthSchema, tradeSchema, touchSchema]) })

/** A price and the quantity that the level now has, as the recording writes them; quantity 0 removes the level. */
export type RecordedLevel = readonly [price: string, quantity: string]

/** The whole book as of update `lastUpdateId`, fetched once beside the stream; it carries no exchange time. */
export interface RecordedSnapshot {
  readonly kind: 'snapshot'
  readonly lastUpdateId: number
  readonly bids: readonly RecordedLevel[]
  readonly asks: readonly RecordedLevel[]
}

/** What changed in 100 ms: updates `firstUpdateId` to `lastUpdateId`. */
export interface RecordedDiff {
  readonly kind: 'diff'
  /** Exchange time, milliseconds since the Unix epoch. */
  readonly time: number
  readonly firstUpdateId: number
  readonly lastUpdateId: number
  readonly bids: readonly RecordedLevel[]
  readonly asks: readonly RecordedLevel[]
}

export interface RecordedTrade {
  readonly kind: 'trade'
  /** When it was matched, milliseconds since the Unix epoch. */
  readonly time: number
  readonly tradeId: number
  readonly price: string
  readonly quantity: string
  /** `m` says that the buyer was the maker, so the seller took. */
  readonly takerSide: 'BUY' | 'SELL'
}

/** The best of both sides right after update `updateId`. */
export interface RecordedTouch {
  readonly kind: 'touch'
  readonly updateId: number
  readonly bidPrice: string
  readonly bidQuantity: string
  readonly askPrice: string
  readonly askQuantity: string
}

export type RecordedEvent = RecordedSnapshot | RecordedDiff | RecordedTrade | RecordedTouch

/**
 * Reads one line of a recording: local nanoseconds, a space, one message of the exchange's stream.
 * @returns the event, or null where the line is not one.
 */
export function parseLine(line: string): RecordedEvent | null {
  const space = line.indexOf(' ')
  if (space < 1 || !/^\d+$/.test(line.slice(0, space))) return null
  const message = parseJson(line.slice(space + 1))
  const stream = streamSchema.safeParse(message)
  if (stream.success) return eventOf(stream.data.data)
  const snapshot = snapshotSchema.safeParse(message)
  return snapshot.success ? { kind: 'snapshot', ...snapshot.data } : null
}

function eventOf(data: z.infer<typeof streamSchema>['data']): RecordedEvent {
  if (!('e' in data)) {
    return {
      kind: 'touch',
      updateId: data.u,
      bidPrice: data.b,
      bidQuantity: data.B,
      askPrice: data.a,
      askQuantity: data.A,
    }
  }
  if (data.e === 'trade') {
    return {
      kind: 'trade',
      time: data.T,
      tradeId: data.t,
      price: data.p,
      quantity: data.q,
      takerSide: data.m ? 'SELL' : 'BUY',
    }
  }
  return { kind: 'diff', time: data.E, firstUpdateId: data.U, lastUpdateId: data.u, bids: data.b, asks: data.a }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
