import type { OrderTerms } from '../../subgraphs/dash33/src/engine/commands.ts'
import type {
  Credited,
  EngineBatch,
  EngineEvent,
  OrderAccepted,
  OrderAmended,
  OrderCancelled,
  OrderTriggered,
  Trade,
  TradeParty,
} from '../../subgraphs/dash33/src/engine/events.ts'

/** A limit order for one lot at a price of 100, good till cancelled, unless said otherwise. */
export const terms = (given: Partial<OrderTerms> = {}): OrderTerms => ({
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: 100,
  quantity: 1,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  postOnly: false,
  selfTradePrevention: 'EXPIRE_TAKER',
  expiresAt: null,
  ...given,
})

const names = (orderId: string) => ({
  engineSequence: 1,
  orderId,
  clientOrderId: orderId,
  accountId: 'acc_1',
  userId: 'usr_1',
  symbol: 'BTC-USDT',
  side: 'BUY' as const,
})

export const accepted = (
  orderId: string,
  asked: Partial<OrderTerms> = {},
  given: Partial<OrderAccepted> = {},
): OrderAccepted => ({
  type: 'ORDER_ACCEPTED',
  ...names(orderId),
  terms: terms(asked),
  expiresAt: null,
  status: 'OPEN',
  groupId: null,
  role: null,
  ...given,
})

export const triggered = (orderId: string, given: Partial<OrderTriggered> = {}): OrderTriggered => ({
  type: 'ORDER_TRIGGERED',
  ...names(orderId),
  lastPrice: 100,
  quantity: 1,
  status: 'OPEN',
  ...given,
})

export const amended = (orderId: string, given: Partial<OrderAmended> = {}): OrderAmended => ({
  type: 'ORDER_AMENDED',
  ...names(orderId),
  reason: 'REQUESTED',
  price: 100,
  stopPrice: null,
  quantity: 1,
  remainingQuantity: 1,
  keptPriority: true,
  ...given,
})

export const cancelled = (orderId: string, given: Partial<OrderCancelled> = {}): OrderCancelled => ({
  type: 'ORDER_CANCELLED',
  ...names(orderId),
  reason: 'REQUESTED',
  status: 'CANCELLED',
  filledQuantity: 0,
  cancelledQuantity: 1,
  ...given,
})

/** A party of a trade at a price of 100: all that it ever traded is `filledQuantity`. */
export const party = (
  orderId: string,
  filledQuantity: number,
  remainingQuantity: number,
  given: Partial<TradeParty> = {},
): TradeParty => ({
  accountId: 'acc_1',
  userId: 'usr_1',
  orderId,
  clientOrderId: orderId,
  side: 'BUY',
  fee: 0,
  feeBps: 0,
  filledQuantity,
  remainingQuantity,
  filledQuoteAmount: filledQuantity * 100,
  status: remainingQuantity === 0 ? 'FILLED' : 'PARTIALLY_FILLED',
  ...given,
})

/** One lot at a price of 100. */
export const trade = (maker: TradeParty, taker: TradeParty, given: Partial<Trade> = {}): Trade => ({
  type: 'TRADE',
  engineSequence: 2,
  leg: 0,
  tradeId: 'trd_1',
  symbol: 'BTC-USDT',
  price: 100,
  quantity: 1,
  baseAmount: 1_000,
  quoteAmount: 100,
  takerSide: taker.side,
  auction: false,
  maker,
  taker,
  ...given,
})

export const credited = (accountId: string, asset: string, amount: number, engineSequence = 1): Credited => ({
  type: 'CREDITED',
  engineSequence,
  accountId,
  userId: `usr_${accountId}`,
  asset,
  amount,
  reference: `${engineSequence}`,
})

/** A batch of one command. */
export const batch = (
  sequence: number,
  events: readonly EngineEvent[] = [],
  given: Partial<EngineBatch> = {},
): EngineBatch => ({
  firstSequence: sequence,
  lastSequence: sequence,
  time: sequence * 1_000,
  events,
  levels: [],
  resting: [],
  balances: [],
  holds: [],
  ...given,
})
