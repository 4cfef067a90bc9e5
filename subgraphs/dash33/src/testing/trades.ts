import type { EngineBatch } from '../engine/events.ts'

export interface TestTrade {
  readonly symbol: string
  /** Ticks. */
  readonly price: number
  /** Lots. */
  readonly quantity: number
}

const party = {
  accountId: 'a',
  userId: 'u',
  orderId: 'o',
  clientOrderId: 'c',
  fee: 0,
  feeBps: 0,
  filledQuantity: 1,
  remainingQuantity: 0,
  filledQuoteAmount: 1,
  status: 'FILLED' as const,
}

/** A batch of the engine at `time` (milliseconds since the Unix epoch) that holds these trades; a quote minor unit is a tick times a lot. */
export function batchOf(time: number, trades: readonly TestTrade[], sequence = 1): EngineBatch {
  return {
    firstSequence: sequence,
    lastSequence: sequence,
    time,
    levels: [],
    resting: [],
    balances: [],
    holds: [],
    events: trades.map(({ symbol, price, quantity }, leg) => ({
      type: 'TRADE',
      engineSequence: sequence,
      leg,
      tradeId: `trd_${sequence}_${leg}`,
      symbol,
      price,
      quantity,
      baseAmount: quantity,
      quoteAmount: price * quantity,
      takerSide: 'BUY',
      auction: false,
      maker: { ...party, side: 'SELL' },
      taker: { ...party, side: 'BUY' },
    })),
  }
}
