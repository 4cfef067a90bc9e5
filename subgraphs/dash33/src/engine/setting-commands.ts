import type { Ack } from './acks.ts'
import type {
  AssignRiskProfile,
  SetFeeSchedule,
  SetKillSwitch,
  SetMarketRules,
  SetMarketStatus,
  SetRiskLimits,
} from './commands.ts'
import { setStatus } from './core/auctions.ts'
import { setKillSwitch } from './core/cancelling.ts'
import { followUp } from './core/follow-up.ts'
import { sumUp, sumUpAll } from './core/sums.ts'
import type { EngineEvent } from './events.ts'
import { LIMITS } from './limits.ts'
import type { EngineState } from './state.ts'
import { MARKET_STATUSES, SCOPES } from './words.ts'

export function setMarketStatus(state: EngineState, command: SetMarketStatus): Ack {
  const { exchange } = state
  const { symbol, auctionMs } = command
  const market = state.markets.get(symbol)
  if (!market) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  const { dataSet, segment, repetition } = command.recording ?? { dataSet: '', segment: '', repetition: 0 }
  const recording = command.recording ? market.countPass(dataSet, segment, repetition) : null
  if (typeof recording === 'string') return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: recording }
  market.recording = recording
  setStatus(exchange, market.core, MARKET_STATUSES.indexOf(command.status), auctionMs ?? 0, recording !== null)
  followUp(exchange)
  const { status, auctionEndsAt } = market
  const engineSequence = exchange.sequence
  return { kind: 'MARKET_STATUS_SET', engineSequence, symbol, status, auctionEndsAt, recording }
}

export function setKill(state: EngineState, command: SetKillSwitch, out: EngineEvent[]): Ack {
  const { scope, target, engaged, changedBy, reason } = command
  const number = targetOf(state, command)
  if (typeof number === 'string') return { kind: 'REFUSED', code: number }
  const engineSequence = state.exchange.sequence
  out.push({ type: 'KILL_SWITCH_SET', engineSequence, changedBy, reason, scope, target, engaged })
  setKillSwitch(state.exchange, SCOPES.indexOf(scope), number, engaged)
  return { kind: 'SETTING_CHANGED', engineSequence }
}

function targetOf(state: EngineState, { scope, target }: SetKillSwitch) {
  if (scope === 'ACCOUNT') return state.accounts.get(target)?.index ?? 'UNKNOWN_ACCOUNT'
  return scope === 'MARKET' ? (state.markets.get(target)?.index ?? 'UNKNOWN_MARKET') : 0
}

export function setMarketRules(state: EngineState, command: SetMarketRules, out: EngineEvent[]): Ack {
  const { symbol, rules, changedBy, reason } = command
  const market = state.markets.get(symbol)
  if (!market) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  const engineSequence = state.exchange.sequence
  const before = market.core.rules
  market.core.rules = { ...rules }
  market.core.beginWindow(state.exchange.time)
  out.push({ type: 'MARKET_RULES_SET', engineSequence, changedBy, reason, symbol, before, rules: market.core.rules })
  return { kind: 'SETTING_CHANGED', engineSequence }
}

export function setRiskLimits(state: EngineState, command: SetRiskLimits, out: EngineEvent[]): Ack {
  const { profile, symbol, changedBy, reason } = command
  const { profiles } = state
  const market = symbol === null ? -1 : state.markets.get(symbol)?.index
  if (market === undefined) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  if (profiles.find(profile) === -1 && profiles.names.length >= LIMITS.riskProfiles) {
    return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'riskProfiles' }
  }
  const engineSequence = state.exchange.sequence
  const before = profiles.get(profile, market)
  const limits = { ...command.limits }
  profiles.set(profile, market, limits)
  sumUpAll(state.exchange)
  out.push({ type: 'RISK_LIMITS_SET', engineSequence, changedBy, reason, profile, symbol, before, limits })
  return { kind: 'SETTING_CHANGED', engineSequence }
}

export function assignRiskProfile(state: EngineState, command: AssignRiskProfile, out: EngineEvent[]): Ack {
  const { accountId, profile, changedBy, reason } = command
  const account = state.accounts.get(accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const number = state.profiles.find(profile)
  if (number === -1) return { kind: 'REFUSED', code: 'UNKNOWN_PROFILE' }
  const { accounts, sequence: engineSequence } = state.exchange
  const before = state.profiles.names[accounts.profile(account.index)]!
  accounts.setProfile(account.index, number)
  sumUp(state.exchange, account.index)
  out.push({ type: 'RISK_PROFILE_ASSIGNED', engineSequence, changedBy, reason, accountId, before, profile })
  return { kind: 'SETTING_CHANGED', engineSequence }
}

export function setFeeSchedule(state: EngineState, command: SetFeeSchedule, out: EngineEvent[]): Ack {
  const { changedBy, reason } = command
  const { exchange } = state
  const engineSequence = exchange.sequence
  const before = exchange.feeTiers
  exchange.feeTiers = command.tiers.map((tier) => ({ ...tier }))
  out.push({ type: 'FEE_SCHEDULE_SET', engineSequence, changedBy, reason, before, tiers: exchange.feeTiers })
  return { kind: 'SETTING_CHANGED', engineSequence }
}
