import { baseAmount, quoteAmount } from '../../market/instruments.ts'
import type { TradeParty } from '../events.ts'
import { tradeId } from '../order-id.ts'
import { cancelOtherLeg, fill } from './closing.ts'
import { activates, shareUp, trailing } from './prices.ts'
import { type ModelAccount, type ModelMarket, type ModelOrder, move, namesOf, remaining, type Venue } from './venue.ts'

const DAY_MS = 86_400_000
const VOLUME_DAYS = 30
const MAX = BigInt(Number.MAX_SAFE_INTEGER)

/** Moves both assets and the fees, and tells it; both orders are reduced here. What ties them to others follows. */
export function trade(
  venue: Venue,
  maker: ModelOrder,
  taker: ModelOrder,
  price: number,
  quantity: number,
  auction: boolean,
): void {
  const { market } = maker
  const { instrument } = market
  const base = baseAmount(instrument, quantity)
  const quote = quoteAmount(instrument, price, quantity)
  const sides = [maker, taker].map((order) => {
    const received = order.terms.side === 'BUY' ? base : quote
    const tier = tierOf(venue, order.accountId)
    const feeBps = order === maker ? tier.makerBps : tier.takerBps
    return { order, received, feeBps, fee: shareUp(received, feeBps) }
  })
  for (const { order, received, fee } of sides) {
    const [gets, gives, paid] =
      order.terms.side === 'BUY'
        ? [instrument.baseAsset, instrument.quoteAsset, quote]
        : [instrument.quoteAsset, instrument.baseAsset, base]
    const account = venue.accounts.get(order.accountId)!
    add(account.owned, gives, -paid)
    add(account.owned, gets, received - fee)
    add(venue.fees, gets, fee)
    const day = Math.floor(venue.time / DAY_MS)
    account.volumes.set(day, Math.min((account.volumes.get(day) ?? 0) + quote, Number.MAX_SAFE_INTEGER))
    order.filled += quantity
    order.filledQuote += quote
    order.fees += fee
    order.status = remaining(order) === 0 ? 'FILLED' : 'PARTIALLY_FILLED'
  }
  const leg = venue.trades++
  const id = tradeId(venue.sequence, leg)
  const [makerSide, takerSide] = sides
  venue.events.push({
    type: 'TRADE',
    engineSequence: venue.sequence,
    leg,
    tradeId: id,
    symbol: instrument.symbol,
    price,
    quantity,
    baseAmount: base,
    quoteAmount: quote,
    takerSide: taker.terms.side,
    auction,
    maker: party(venue, maker, makerSide!.fee, makerSide!.feeBps),
    taker: party(venue, taker, takerSide!.fee, takerSide!.feeBps),
  })
  const fills = venue.fills.get(taker) ?? []
  venue.fills.set(taker, fills)
  if (!auction)
    fills.push({ tradeId: id, price, quantity, fee: takerSide!.fee, quoteAmount: quote, liquidity: 'TAKER' })
  observe(venue, market, price)
  for (const order of [maker, taker]) {
    cancelOtherLeg(venue, order)
    if (remaining(order) === 0) fill(venue, order)
  }
}

/** A new last price: trailing stops follow it. */
function observe(venue: Venue, market: ModelMarket, price: number): void {
  market.last = price
  move(venue, market)
  for (const order of venue.orders) {
    if (order.place !== 'TRIGGER' || order.market !== market || order.terms.type !== 'TRAILING_STOP') continue
    if (order.best === null && !activates(order.terms, price)) continue
    const better = order.terms.side === 'SELL' ? Math.max : Math.min
    order.best = better(order.best ?? price, price)
    order.stop = trailing(order.terms, order.best)
  }
}

function tierOf(venue: Venue, accountId: string) {
  const volume = volumeOf(venue, venue.accounts.get(accountId)!)
  return venue.tiers.findLast(({ minVolume }) => minVolume <= volume)!
}

function volumeOf({ time }: Venue, { volumes }: ModelAccount): number {
  const today = Math.floor(time / DAY_MS)
  const sum = [...volumes]
    .filter(([day]) => day > today - VOLUME_DAYS)
    .reduce((total, [, volume]) => total + BigInt(volume), 0n)
  return Number(sum > MAX ? MAX : sum)
}

function party(venue: Venue, order: ModelOrder, fee: number, feeBps: number): TradeParty {
  const { symbol: _, ...names } = namesOf(venue, order)
  return {
    ...names,
    fee,
    feeBps,
    filledQuantity: order.filled,
    remainingQuantity: remaining(order),
    filledQuoteAmount: order.filledQuote,
    status: remaining(order) === 0 ? 'FILLED' : 'PARTIALLY_FILLED',
  }
}

export function add(amounts: Map<string, number>, asset: string, amount: number): void {
  amounts.set(asset, (amounts.get(asset) ?? 0) + amount)
}
