import type { Ack } from '../acks.ts'
import type { CancelAllAfter } from '../commands.ts'
import { cancel, cancelEach } from './closing.ts'
import { refused } from './placing.ts'
import { startTrading } from './settings.ts'
import { settle } from './settling.ts'
import { byAge, isOpen, type ModelAccount, openOrders, type Venue } from './venue.ts'

export function setCancelAllAfter(venue: Venue, { accountId, delayMs }: CancelAllAfter): Ack {
  const account = venue.accounts.get(accountId)
  if (!account) return refused('UNKNOWN_ACCOUNT')
  setSwitch(venue, account, delayMs === 0 ? null : venue.time + delayMs)
  return { kind: 'CANCEL_ALL_AFTER_SET', engineSequence: venue.sequence, at: account.cancelAllAt }
}

/** Whatever is due: orders, then dead man's switches, then auctions. */
export function tick(venue: Venue): void {
  const { time } = venue
  const expired = openOrders(venue)
    .filter(({ expiresAt }) => expiresAt !== null && expiresAt <= time)
    .sort((a, b) => a.expiresAt! - b.expiresAt! || byAge(a, b))
  for (const order of expired) if (isOpen(order)) cancel(venue, order, 'EXPIRED')

  const dead = [...venue.accounts.values()]
    .filter(({ cancelAllAt }) => cancelAllAt !== null && cancelAllAt <= time)
    .sort((a, b) => a.cancelAllAt! - b.cancelAllAt!)
  for (const account of dead) {
    setSwitch(venue, account, null)
    cancelEach(venue, openOrders(venue, account.id).sort(byAge), 'DEAD_MAN')
  }

  const ended = venue.markets
    .filter(({ status, auctionEndsAt }) => status === 'AUCTION' && auctionEndsAt !== null && auctionEndsAt <= time)
    .sort((a, b) => a.auctionEndsAt! - b.auctionEndsAt!)
  for (const market of ended) startTrading(venue, market, 'AUCTION_ENDED')
  settle(venue)
}

function setSwitch(venue: Venue, account: ModelAccount, at: number | null): void {
  account.cancelAllAt = at
  venue.events.push({ type: 'CANCEL_ALL_AFTER_SET', engineSequence: venue.sequence, accountId: account.id, at })
}
