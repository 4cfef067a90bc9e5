import type { EventData } from '@opsource/bus/contracts'

/**
 * Kept for each user. Also how far a reader may fall behind: what it has not read by then is gone, and its subscription ends with
 * `SUBSCRIPTION_GAP`. A thousand fills are more than anyone reads on a phone.
 */
export const NOTIFICATIONS_KEPT = 1_000

export interface NotificationRecord {
  readonly userId: string
  readonly sequence: bigint
  readonly id: string
  /** Null where it is about an anomaly; else the next two are. */
  readonly orderId: string | null
  readonly anomalyId: string | null
  readonly symbol: string | null
  readonly title: string
  readonly body: string
  readonly createdAt: Date
  readonly readAt: Date | null
}

/** What something is told as. */
export interface NotificationText {
  readonly title: string
  readonly body: string
}

export function textOfFill(fill: EventData<'order.filled'>): NotificationText {
  const [base = fill.symbol, quote = ''] = fill.symbol.split('-')
  const verb = fill.side === 'BUY' ? 'Bought' : 'Sold'
  const order = fill.side === 'BUY' ? 'buy' : 'sell'
  const outcome =
    fill.status === 'FILLED' ? 'is filled.' : `is partly filled; ${fill.remainingQuantity} ${base} remain.`
  return {
    title: `${verb} ${fill.quantity} ${base} at ${fill.price}`,
    body: `Your order to ${order} ${base} for ${quote} ${outcome}`,
  }
}

export function textOfAnomaly({ symbol, measure, explanation }: EventData<'anomaly.detected'>): NotificationText {
  const sentence = explanation.charAt(0).toUpperCase() + explanation.slice(1)
  return { title: `Very unusual ${measure} in ${symbol}`, body: sentence.endsWith('.') ? sentence : `${sentence}.` }
}

/** Where the newest notification of a user is announced. */
export const wakeChannel = (userId: string) => `notifications:${userId}`
