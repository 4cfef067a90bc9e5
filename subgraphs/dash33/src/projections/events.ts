import { type CloudEvent, newEvent } from '@opsource/bus'
import type { EventData } from '@opsource/bus/contracts'
import type { Credited, EngineBatch, Trade, TradeParty } from '../engine/events.ts'
import { assetScale, formatIncrements, type Instrument, instrumentOf } from '../market/instruments.ts'
import { type VenueChange, venueChangeOf } from '../settings/changes.ts'

/**
 * What the other domains hear of some batches. Ids come from the engine's own, so that a batch told twice is the same events.
 */
export function eventsOf(batches: readonly EngineBatch[]): CloudEvent[] {
  return batches.flatMap((batch) => {
    const { time } = batch
    // Between a command's trades come cancels and triggers, of pairs and stops.
    const lastTrades = new Map(
      batch.events.flatMap((event) => (event.type === 'TRADE' ? [[event.engineSequence, event] as const] : [])),
    )
    return batch.events.flatMap((event) => {
      if (event.type === 'CREDITED') return [creditedEvent(event, time)]
      const change = venueChangeOf(event, time)
      if (change) return [changedEvent(change)]
      if (event.type !== 'TRADE') return []
      return tradeEvents(event, time, lastTrades.get(event.engineSequence) !== event)
    })
  })
}

function creditedEvent(event: Credited, time: number): CloudEvent {
  const data: EventData<'account.credited'> = {
    engineSequence: event.engineSequence,
    userId: event.userId,
    accountId: event.accountId,
    asset: event.asset,
    assetScale: assetScale(event.asset),
    amount: `${event.amount}`,
    reference: event.reference,
    creditedAt: new Date(time).toISOString(),
  }
  return newEvent('account.credited', data, {
    source: 'dash33',
    id: `crd_${event.engineSequence}`,
    time,
    subject: event.accountId,
  })
}

function changedEvent({ engineSequence, setting, target, ...change }: VenueChange): CloudEvent {
  const { before, after, changedBy, reason, at: time } = change
  const data: EventData<'venue.setting-changed'> = {
    engineSequence,
    setting,
    target,
    before: before && JSON.stringify(before),
    after: JSON.stringify(after),
    changedBy,
    reason,
    changedAt: new Date(time).toISOString(),
  }
  const subject = target === '' ? setting : target
  return newEvent('venue.setting-changed', data, { source: 'dash33', id: `set_${engineSequence}`, time, subject })
}

/** A trade as its events tell it. */
interface ToldTrade {
  readonly trade: Trade
  readonly instrument: Instrument
  readonly time: number
  readonly price: string
  readonly quantity: string
  readonly executedAt: string
}

function tradeEvents(trade: Trade, time: number, moreFollow: boolean): CloudEvent[] {
  const instrument = instrumentOf(trade.symbol)
  const [buyer, seller] = trade.takerSide === 'BUY' ? [trade.taker, trade.maker] : [trade.maker, trade.taker]
  // Of three events, made once.
  const told: ToldTrade = {
    trade,
    instrument,
    time,
    price: formatIncrements(trade.price, instrument.tick),
    quantity: formatIncrements(trade.quantity, instrument.lot),
    executedAt: new Date(time).toISOString(),
  }
  const { price, quantity, executedAt } = told
  const data: EventData<'trade.executed'> = {
    engineSequence: trade.engineSequence,
    ...(moreFollow ? { moreFollow } : {}),
    tradeId: trade.tradeId,
    symbol: trade.symbol,
    baseAsset: instrument.baseAsset,
    quoteAsset: instrument.quoteAsset,
    baseScale: instrument.baseScale,
    quoteScale: instrument.quoteScale,
    baseAmount: `${trade.baseAmount}`,
    quoteAmount: `${trade.quoteAmount}`,
    price,
    quantity,
    takerSide: trade.takerSide,
    buyer: partyData(buyer),
    seller: partyData(seller),
    executedAt,
  }
  return [
    newEvent('trade.executed', data, { source: 'dash33', id: trade.tradeId, time, subject: trade.symbol }),
    filledEvent(told, trade.maker, 'MAKER'),
    filledEvent(told, trade.taker, 'TAKER'),
  ]
}

function partyData(party: TradeParty): EventData<'trade.executed'>['buyer'] {
  const { userId, accountId, orderId, clientOrderId, fee } = party
  return { userId, accountId, orderId, clientOrderId, fee: `${fee}` }
}

function filledEvent(
  { trade, instrument, time, price, quantity, executedAt }: ToldTrade,
  party: TradeParty,
  liquidity: 'MAKER' | 'TAKER',
): CloudEvent {
  const fillId = `fil_${trade.tradeId.slice('trd_'.length)}${liquidity === 'MAKER' ? 'm' : 't'}`
  const data: EventData<'order.filled'> = {
    engineSequence: trade.engineSequence,
    fillId,
    tradeId: trade.tradeId,
    orderId: party.orderId,
    clientOrderId: party.clientOrderId,
    userId: party.userId,
    accountId: party.accountId,
    symbol: trade.symbol,
    side: party.side,
    liquidity,
    price,
    quantity,
    remainingQuantity: formatIncrements(party.remainingQuantity, instrument.lot),
    status: party.status,
    executedAt,
  }
  return newEvent('order.filled', data, { source: 'dash33', id: fillId, time, subject: party.orderId })
}
