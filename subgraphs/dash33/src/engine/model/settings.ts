import type { Ack } from '../acks.ts'
import type {
  AssignRiskProfile,
  MarketStatus,
  SetFeeSchedule,
  SetKillSwitch,
  SetMarketRules,
  SetMarketStatus,
  SetRiskLimits,
} from '../commands.ts'
import type { MarketStatusReason, RecordingPass } from '../events.ts'
import { cancelEach } from './closing.ts'
import { refused } from './placing.ts'
import { settle, uncross } from './settling.ts'
import { byAge, type ModelMarket, move, openOrders, type Venue } from './venue.ts'

const find = (venue: Venue, symbol: string) => venue.markets.find(({ instrument }) => instrument.symbol === symbol)

export function setKillSwitch(venue: Venue, command: SetKillSwitch): Ack {
  const { scope, target, engaged, changedBy, reason } = command
  if (scope === 'ACCOUNT' && !venue.accounts.has(target)) return refused('UNKNOWN_ACCOUNT')
  if (scope === 'MARKET' && !find(venue, target)) return refused('UNKNOWN_MARKET')
  const engineSequence = venue.sequence
  if (engaged) venue.switches.add(`${scope} ${target}`)
  else venue.switches.delete(`${scope} ${target}`)
  venue.events.push({ type: 'KILL_SWITCH_SET', engineSequence, changedBy, reason, scope, target, engaged })
  if (engaged) {
    const inScope = openOrders(venue).filter(
      ({ accountId, terms }) =>
        scope === 'VENUE' || (scope === 'ACCOUNT' ? accountId === target : terms.symbol === target),
    )
    cancelEach(venue, inScope.sort(byAge), 'KILL_SWITCH')
    settle(venue)
  }
  return { kind: 'SETTING_CHANGED', engineSequence }
}

export function setMarketStatus(venue: Venue, command: SetMarketStatus): Ack {
  const market = find(venue, command.symbol)
  if (!market) return refused('UNKNOWN_MARKET')
  market.recording = command.recording ? countPass(market, command.recording) : null
  if (command.recording) {
    market.last = null
    market.reference = null
  }
  const ends = command.status === 'AUCTION' && command.auctionMs !== null
  const endsAt = ends ? venue.time + command.auctionMs! : null
  if (command.status === 'TRADING') startTrading(venue, market, 'OPERATOR')
  else setStatus(venue, market, command.status, 'OPERATOR', endsAt)
  settle(venue)
  const { symbol } = command
  const { status, auctionEndsAt, recording } = market
  return { kind: 'MARKET_STATUS_SET', engineSequence: venue.sequence, symbol, status, auctionEndsAt, recording }
}

/** Sets a market trading, once what crosses has traded at one price. */
export function startTrading(venue: Venue, market: ModelMarket, reason: MarketStatusReason): void {
  if (market.status !== 'TRADING') uncross(venue, market, market.status === 'AUCTION')
  setStatus(venue, market, 'TRADING', reason, null)
  move(venue, market)
}

function setStatus(
  venue: Venue,
  market: ModelMarket,
  status: MarketStatus,
  reason: MarketStatusReason,
  auctionEndsAt: number | null,
): void {
  market.status = status
  market.auctionEndsAt = auctionEndsAt
  const { recording, instrument } = market
  const { symbol } = instrument
  const engineSequence = venue.sequence
  venue.events.push({ type: 'MARKET_STATUS_SET', engineSequence, symbol, status, reason, auctionEndsAt, recording })
}

/** A pass ends where a repetition changes, or a file begins again that has begun in it. */
function countPass(market: ModelMarket, recording: NonNullable<SetMarketStatus['recording']>): RecordingPass {
  const { dataSet, segment, repetition } = recording
  const played = market.played.get(dataSet) ?? { pass: 1, repetition, segments: [] }
  market.played.set(dataSet, played)
  if (played.repetition !== repetition || played.segments.includes(segment)) {
    played.pass++
    played.repetition = repetition
    played.segments = []
  }
  played.segments.push(segment)
  return { dataSet, segment, pass: played.pass }
}

export function changeSetting(
  venue: Venue,
  command: SetMarketRules | SetRiskLimits | AssignRiskProfile | SetFeeSchedule,
): Ack {
  const engineSequence = venue.sequence
  const audited = { engineSequence, changedBy: command.changedBy, reason: command.reason }
  switch (command.kind) {
    case 'SET_MARKET_RULES': {
      const { symbol, rules } = command
      const market = find(venue, symbol)
      if (!market) return refused('UNKNOWN_MARKET')
      venue.events.push({ type: 'MARKET_RULES_SET', ...audited, symbol, before: market.rules, rules })
      const window = Math.floor(venue.time / rules.bandWindowMs)
      Object.assign(market, { rules, window, reference: market.last })
      break
    }
    case 'SET_RISK_LIMITS': {
      const { profile: name, symbol, limits } = command
      if (symbol !== null && !find(venue, symbol)) return refused('UNKNOWN_MARKET')
      const profile = venue.profiles.get(name) ?? { everywhere: null, bySymbol: new Map() }
      venue.profiles.set(name, profile)
      const before = symbol === null ? profile.everywhere : profile.bySymbol.get(symbol)
      if (symbol === null) profile.everywhere = limits
      else profile.bySymbol.set(symbol, limits)
      venue.events.push({ type: 'RISK_LIMITS_SET', ...audited, profile: name, symbol, before: before ?? null, limits })
      break
    }
    case 'ASSIGN_RISK_PROFILE': {
      const { accountId, profile } = command
      const account = venue.accounts.get(accountId)
      if (!account) return refused('UNKNOWN_ACCOUNT')
      if (!venue.profiles.has(profile)) return refused('UNKNOWN_PROFILE')
      venue.events.push({ type: 'RISK_PROFILE_ASSIGNED', ...audited, accountId, before: account.profile, profile })
      account.profile = profile
      break
    }
    case 'SET_FEE_SCHEDULE':
      venue.events.push({ type: 'FEE_SCHEDULE_SET', ...audited, before: venue.tiers, tiers: command.tiers })
      venue.tiers = command.tiers
  }
  return { kind: 'SETTING_CHANGED', engineSequence }
}
