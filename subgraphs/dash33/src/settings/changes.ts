import type {
  EngineBatch,
  EngineEvent,
  FeeScheduleSet,
  KillSwitchSet,
  MarketRulesSet,
  RiskLimitsSet,
  RiskProfileAssigned,
} from '../engine/events.ts'

export type SettingEvent = RiskLimitsSet | RiskProfileAssigned | MarketRulesSet | FeeScheduleSet | KillSwitchSet

export type VenueSetting = 'RISK_LIMITS' | 'RISK_PROFILE' | 'MARKET_RULES' | 'FEE_SCHEDULE' | 'KILL_SWITCH'

/** What a setting was and is, in the engine's own units. */
type Value = Readonly<Record<string, string | number | boolean | null | readonly object[]>>

/** A change of the venue's settings, as the audit tells it. */
export interface VenueChange {
  readonly engineSequence: number
  readonly setting: VenueSetting
  /** A profile with its market (`*` for all), an account id or a symbol; of a kill switch what it is for; empty for the venue. */
  readonly target: string
  /** Null where there was nothing before. */
  readonly before: Value | null
  readonly after: Value
  readonly changedBy: string
  readonly reason: string
  /** Milliseconds since the Unix epoch. */
  readonly at: number
}

/** @returns the change that an event tells of, or null where it is none. */
export function venueChangeOf(event: EngineEvent, at: number): VenueChange | null {
  if (!isSettingEvent(event)) return null
  const { engineSequence, changedBy, reason } = event
  return { engineSequence, ...described(event), changedBy, reason, at }
}

export function isSettingEvent(event: EngineEvent): event is SettingEvent {
  switch (event.type) {
    case 'RISK_LIMITS_SET':
    case 'RISK_PROFILE_ASSIGNED':
    case 'MARKET_RULES_SET':
    case 'FEE_SCHEDULE_SET':
    case 'KILL_SWITCH_SET':
      return true
    default:
      return false
  }
}

export const settingEventsOf = (batches: readonly EngineBatch[]): SettingEvent[] =>
  batches.flatMap(({ events }) => events.filter(isSettingEvent))

export const venueChangesOf = (batches: readonly EngineBatch[]): VenueChange[] =>
  batches.flatMap(({ events, time }) => events.flatMap((event) => venueChangeOf(event, time) ?? []))

function described(event: SettingEvent): Pick<VenueChange, 'setting' | 'target' | 'before' | 'after'> {
  switch (event.type) {
    case 'RISK_LIMITS_SET': {
      const { profile, symbol, before, limits } = event
      const target = `${profile} ${symbol ?? '*'}`
      return { setting: 'RISK_LIMITS', target, before: before && { ...before }, after: { ...limits } }
    }
    case 'RISK_PROFILE_ASSIGNED': {
      const { accountId, before, profile } = event
      return { setting: 'RISK_PROFILE', target: accountId, before: { profile: before }, after: { profile } }
    }
    case 'MARKET_RULES_SET':
      return { setting: 'MARKET_RULES', target: event.symbol, before: { ...event.before }, after: { ...event.rules } }
    case 'FEE_SCHEDULE_SET':
      return { setting: 'FEE_SCHEDULE', target: '', before: { tiers: event.before }, after: { tiers: event.tiers } }
    case 'KILL_SWITCH_SET': {
      const { scope, target, engaged } = event
      return { setting: 'KILL_SWITCH', target, before: { scope, engaged: !engaged }, after: { scope, engaged } }
    }
  }
}
