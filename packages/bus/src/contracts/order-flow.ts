import { z } from 'zod'

/**
 * Who placed, withdrew and traded what in a market: for surveillance within the platform, over the cache's pub/sub. It names accounts, and
 * never reaches the graph as it is. Messages may be lost: `previousSequence` says so.
 */
export const orderFlowChannel = (symbol: string) => `order-flow:${symbol}`

const side = z.enum(['BUY', 'SELL'])
const increment = z.object({ units: z.number().int(), scale: z.number().int() })
const party = z.tuple([z.string(), z.string(), z.string()])

/** `P`: order, account, side, limit in ticks or null, lots. */
const placed = z.tuple([z.literal('P'), z.string(), z.string(), side, z.number().int().nullable(), z.number().int()])
/** `A`, what its owner changed: order, account, side, limit in ticks or null, lots that are left, hidden ones included. */
const amended = z.tuple([z.literal('A'), z.string(), z.string(), side, z.number().int().nullable(), z.number().int()])
/** `C`: order, account, side, whether its owner asked for it. */
const closed = z.tuple([z.literal('C'), z.string(), z.string(), side, z.boolean()])
/** `T`: trade, ticks, lots, the taker's side, maker and taker as [order, account, user]. */
const traded = z.tuple([z.literal('T'), z.string(), z.number().int(), z.number().int(), side, party, party])

export const orderFlowMessageSchema = z.object({
  symbol: z.string(),
  sequence: z.number().int(),
  previousSequence: z.number().int(),
  /** Engine time of all of it, milliseconds since the Unix epoch. */
  time: z.number().int(),
  tick: increment,
  lot: increment,
  events: z.array(z.union([placed, amended, closed, traded])),
})

export type OrderFlowMessage = z.infer<typeof orderFlowMessageSchema>
