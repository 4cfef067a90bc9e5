import { z } from 'zod'

/** What the store's process is asked to do, and what it answers. Both sides read what comes over the channel by these schemas. */
const range = z.object({ from: z.number(), to: z.number() })
const view = z.string()
const entity = z.string()
const block = z.object({
  size: z.number(),
  width: z.number(),
  eventTimes: z.instanceof(Float64Array),
  availableAt: z.instanceof(Float64Array),
  values: z.instanceof(Float32Array),
})
const bars = z.object({
  size: z.number(),
  time: z.instanceof(Float64Array),
  open: z.instanceof(Float64Array),
  high: z.instanceof(Float64Array),
  low: z.instanceof(Float64Array),
  close: z.instanceof(Float64Array),
  volume: z.instanceof(Float64Array),
})

/** Where history comes from: a file below `data/`, or bars that the asking process has kept. */
const sourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('BARS_FILE'), file: z.string() }),
  z.object({
    kind: z.literal('RECORDING'),
    files: z.array(z.string()),
    steps: z.object({ tickScale: z.number(), lotScale: z.number() }),
  }),
  z.object({ kind: z.literal('KEPT_BARS'), bars }),
])
export type Source = z.infer<typeof sourceSchema>

export const operations = {
  /** Computes a range of history and stores it. */
  backfill: {
    input: z.object({ view, entity, range, source: sourceSchema, now: z.number(), repair: z.boolean() }),
    output: z.object({ computed: z.number(), added: z.number(), refused: z.number() }),
  },
  /** Stores rows that were computed elsewhere. */
  append: {
    input: z.object({ view, entity, block, now: z.number() }),
    output: z.object({ added: z.number() }),
  },
  /** At most `limit` rows in order, behind the one of `after`. */
  page: {
    input: z.object({
      view,
      entity,
      range,
      limit: z.number(),
      after: z.object({ eventTime: z.number(), availableAt: z.number() }).nullable(),
    }),
    output: block,
  },
  /** The newest row of the range, or none. */
  newest: { input: z.object({ view, entity, range }), output: block },
  knownAt: { input: z.object({ view, entity, times: z.instanceof(Float64Array) }), output: block },
  drift: {
    input: z.object({ view, entity, reference: range, recent: range }),
    output: z.object({
      referenceRows: z.number(),
      recentRows: z.number(),
      features: z.array(z.object({ name: z.string(), index: z.number(), expected: z.number() })),
    }),
  },
} as const

export type OperationName = keyof typeof operations
export type OperationInput<Name extends OperationName> = z.infer<(typeof operations)[Name]['input']>
export type OperationOutput<Name extends OperationName> = z.infer<(typeof operations)[Name]['output']>

export const requestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('DO'), id: z.number(), name: z.string(), input: z.unknown() }),
  z.object({ kind: z.literal('CANCEL'), id: z.number() }),
])
export type StoreRequest = z.infer<typeof requestSchema>

const refusalCodes = z.enum([
  'CORRUPT_PARTITION',
  'CORRUPT_MANIFEST',
  'CORRUPT_SOURCE',
  'NO_SOURCE',
  'DISK_FULL',
  'NOT_ENOUGH_ROWS',
  'CANCELLED',
  'BUSY',
  'LOCKED',
  'AWAY',
  'FAILED',
])
export const replySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('DONE'), id: z.number(), output: z.unknown() }),
  z.object({ kind: z.literal('PROGRESS'), id: z.number(), rows: z.number() }),
  z.object({ kind: z.literal('REFUSED'), id: z.number(), code: refusalCodes, message: z.string() }),
])
export type StoreReply = z.infer<typeof replySchema>
