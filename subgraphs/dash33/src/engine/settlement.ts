import { baseAmount, feeOn, type Lots, type MinorUnits, quoteAmount, type Ticks } from '../market/instruments.ts'
import type { EngineEvent, TradeParty } from './events.ts'
import type { Order } from './order.ts'
import { tradeId } from './order-id.ts'
import type { EngineState } from './state.ts'

/** A step of the incoming order through the book, both orders already reduced by `quantity`. */
export interface Match {
  readonly maker: Order
  readonly taker: Order
  readonly price: Ticks
  readonly quantity: Lots
  readonly leg: number
}

/**
 * Moves both assets and the fees, which each side pays from what it receives, rounded up in the venue's favour.
 * A buyer who held more than the trade costs gets the rest back.
 * @returns the taker's fee.
 */
export function settle(state: EngineState, match: Match, sequence: number, out: EngineEvent[]): MinorUnits {
  const { maker, taker, price, quantity, leg } = match
  const { instrument } = maker.market
  const base = baseAmount(instrument, quantity)
  const quote = quoteAmount(instrument, price, quantity)
  const [buyer, seller] = taker.side === 'BUY' ? [taker, maker] : [maker, taker]
  const bps = (order: Order) => (order === maker ? instrument.makerFeeBps : instrument.takerFeeBps)
  const buyerFee = feeOn(base, bps(buyer))
  const sellerFee = feeOn(quote, bps(seller))

  const paid = state.change(buyer.account, instrument.quoteAsset)
  paid.release(buyer.holdFor(quantity))
  paid.available -= quote
  state.change(buyer.account, instrument.baseAsset).available += base - buyerFee

  const sold = state.change(seller.account, instrument.baseAsset)
  sold.release(base)
  sold.available -= base
  state.change(seller.account, instrument.quoteAsset).available += quote - sellerFee

  state.fees.set(instrument.baseAsset, state.fees.get(instrument.baseAsset)! + buyerFee)
  state.fees.set(instrument.quoteAsset, state.fees.get(instrument.quoteAsset)! + sellerFee)

  for (const order of [maker, taker]) {
    order.filledQuote += quote
    order.status = order.remaining === 0 ? 'FILLED' : 'PARTIALLY_FILLED'
  }
  out.push({
    type: 'TRADE',
    engineSequence: sequence,
    leg,
    tradeId: tradeId(sequence, leg),
    symbol: instrument.symbol,
    price,
    quantity,
    baseAmount: base,
    quoteAmount: quote,
    takerSide: taker.side,
    maker: party(maker, maker === buyer ? buyerFee : sellerFee),
    taker: party(taker, taker === buyer ? buyerFee : sellerFee),
  })
  return taker === buyer ? buyerFee : sellerFee
}

function party(order: Order, fee: MinorUnits): TradeParty {
  return {
    accountId: order.account.id,
    userId: order.account.userId,
    orderId: order.id,
    clientOrderId: order.terms.clientOrderId,
    side: order.side,
    fee,
    filledQuantity: order.filled,
    remainingQuantity: order.remaining,
    filledQuoteAmount: order.filledQuote,
    status: order.remaining === 0 ? 'FILLED' : 'PARTIALLY_FILLED',
  }
}
