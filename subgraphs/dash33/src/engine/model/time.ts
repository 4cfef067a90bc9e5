import type { Ack } from '../acks.ts'
import type { CancelAllAfter } from '../commands.ts'
import { cancelEach } from './closing.ts'
import { refused } from './placing.ts'
import { startTrading } from './settings.ts'
import { settle } from './settling.ts'
import { byAge, type ModelAccount, type ModelOrder, openOrders, otherLeg, type Venue } from './venue.ts'

export function setCancelAllAfter(venue: Venue, { accountId, delayMs }: CancelAllAfter): Ack {
  const account = venue.accounts.get(accountId)
  if (!account) return refused('UNKNOWN_ACCOUNT')
  setSwitch(venue, account, delayMs === 0 ? null : venue.time + delayMs)
  return { kind: 'CANCEL_ALL_AFTER_SET', engineSequence: venue.sequence, at: account.cancelAllAt }
}

/** Whatever is due, by its time; at one time orders, oldest first, then dead man's switches, then auctions. */
export function tick(venue: Venue): void {
  while (true) {
    const [next] = due(venue).sort((a, b) => a.at - b.at)
    if (!next) return
    next.happen()
    settle(venue)
  }
}

function due(venue: Venue): { at: number; happen: () => void }[] {
  const orders = openOrders(venue)
    .sort(byAge)
    .map((order) => ({
      at: order.expiresAt,
      happen: () => cancelEach(venue, [order, ...linked(venue, order)], 'EXPIRED'),
    }))
  const switches = [...venue.accounts.values()].map((account) => ({
    at: account.cancelAllAt,
    happen: () => {
      cancelEach(venue, openOrders(venue, account.id).sort(byAge), 'DEAD_MAN')
      setSwitch(venue, account, null)
    },
  }))
  const auctions = venue.markets.map((market) => ({
    at: market.auctionEndsAt,
    happen: () => startTrading(venue, market, 'AUCTION_ENDED'),
  }))
  return [...orders, ...switches, ...auctions].flatMap(({ at, happen }) =>
    at === null || at > venue.time ? [] : [{ at, happen }],
  )
}

/** The other leg of a pair, which ends at the same time. */
function linked(venue: Venue, order: ModelOrder): ModelOrder[] {
  const other = otherLeg(venue, order)
  return other ? [other] : []
}

function setSwitch(venue: Venue, account: ModelAccount, at: number | null): void {
  account.cancelAllAt = at
  venue.events.push({ type: 'CANCEL_ALL_AFTER_SET', engineSequence: venue.sequence, accountId: account.id, at })
}
