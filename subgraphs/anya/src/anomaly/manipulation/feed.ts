import { type OrderFlowMessage, orderFlowChannel, orderFlowMessageSchema } from '@opsource/bus/contracts'
import type { Ports } from '@opsource/subgraph'
import type { SamplerObserver } from '../market-sampler.ts'
import type { Amended, OrderFlowEvent, TradeParty } from './order-flow.ts'

/** What a message brings; `hasGap` where something before it was missed. */
export interface OrderFlow {
  readonly hasGap: boolean
  readonly events: readonly (OrderFlowEvent | Amended)[]
  readonly steps: Pick<OrderFlowMessage, 'tick' | 'lot'>
}

/** Follows the order flow of one market. @returns a function that ends it. */
export async function followOrderFlow(
  symbol: string,
  { cache }: Pick<Ports, 'cache'>,
  observer: SamplerObserver,
  take: (flow: OrderFlow) => void,
): Promise<() => Promise<void>> {
  let sequence: number | null = null
  return cache.subscribe(orderFlowChannel(symbol), (text) => {
    const message = read(text, (reason) => observer.unreadable(symbol, reason))
    if (!message || (sequence !== null && message.sequence <= sequence)) return
    const hasGap = message.previousSequence !== sequence
    sequence = message.sequence
    take({ hasGap, events: message.events.map((event) => eventOf(event, message)), steps: message })
  })
}

function read(text: string, unreadable: (reason: string) => void): OrderFlowMessage | null {
  try {
    return orderFlowMessageSchema.parse(JSON.parse(text))
  } catch (error) {
    unreadable(String(error))
    return null
  }
}

function eventOf(
  event: OrderFlowMessage['events'][number],
  { symbol, time }: OrderFlowMessage,
): OrderFlowEvent | Amended {
  if (event[0] === 'P' || event[0] === 'A') {
    const [what, orderId, accountId, side, price, quantity] = event
    const type = what === 'P' ? 'ORDER_ACCEPTED' : 'ORDER_AMENDED'
    return { type, time, symbol, orderId, accountId, side, price, quantity }
  }
  if (event[0] === 'C') {
    const [, orderId, accountId, side, requested] = event
    const reason = requested ? 'REQUESTED' : 'OTHER'
    return { type: 'ORDER_CANCELLED', time, symbol, orderId, accountId, side, reason }
  }
  const [, tradeId, price, quantity, takerSide, maker, taker] = event
  return {
    ...{ type: 'TRADE', time, symbol, tradeId, price, quantity, takerSide },
    ...{ maker: partyOf(maker), taker: partyOf(taker) },
  }
}

const partyOf = ([orderId, accountId, userId]: [string, string, string]): TradeParty => ({
  orderId,
  accountId,
  userId,
})
