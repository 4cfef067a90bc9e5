import { parseDecimal } from '@opsource/kernel'
import type {
  AssignRiskProfile,
  SetFeeSchedule,
  SetKillSwitch,
  SetMarketRules,
  SetRiskLimits,
} from '../engine/commands.ts'
import { LIMITS } from '../engine/limits.ts'
import type {
  AssignRiskProfileInput,
  FeeTierInput,
  SetFeeScheduleInput,
  SetKillSwitchInput,
  SetMarketRulesInput,
  SetRiskLimitsInput,
} from '../generated/graphql.ts'
import { assetScale, findInstrument, type Increment, type Instrument, parseIncrements } from '../market/instruments.ts'
import { type InvalidInputAnswer, invalidInput, type UnknownMarketAnswer, unknownMarket } from '../market/refusals.ts'
import type { FeeTier } from './limits.ts'

/** All quotes are in it: limits without a market, and volumes, are amounts of it. */
export const QUOTE_ASSET = 'USDT'
const REASON = /^[\x20-\x7e]{1,64}$/
const PROFILE = /^[A-Za-z0-9_-]{1,64}$/
const ACCOUNT_ID = /^acc_[A-Za-z0-9_-]{1,60}$/
const PERCENT: Increment = { units: 1, scale: 2 }
const BPS_MAX = 10_000
const FEE_BPS_MAX = 1_000
const FEE_TIERS_MAX = 20
/** A month: nobody plans a window or an auction beyond it. */
const DURATION_MAX_MS = 2_592_000_000

type Fault = InvalidInputAnswer | UnknownMarketAnswer
export type Read<T> = { readonly command: T } | { readonly fault: Fault }

/** Carries what is wrong with an input out of the reading of its parts. */
class InputFault extends Error {
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault.message)
    this.fault = fault
  }
}

const refuse = (field: string, message: string): never => {
  throw new InputFault(invalidInput(`input.${field}`, message))
}

function reading<T>(read: () => T): Read<T> {
  try {
    return { command: read() }
  } catch (error) {
    if (error instanceof InputFault) return { fault: error.fault }
    throw error
  }
}

export const readRiskLimits = (input: SetRiskLimitsInput, changedBy: string): Read<SetRiskLimits> =>
  reading(() => {
    const instrument = input.symbol == null ? null : knownMarket(input.symbol)
    const quoteScale = instrument?.quoteScale ?? assetScale(QUOTE_ASSET)
    const lots = (field: 'maxOrderQuantity' | 'maxPosition') => {
      const text = input[field]
      if (text == null) return null
      if (!instrument) return refuse(field, 'It is an amount of a base asset: name the market.')
      return positive(field, text, instrument.lot)
    }
    const quote = (field: 'maxOrderNotional' | 'maxExposure') =>
      input[field] == null ? null : positive(field, input[field], { units: 1, scale: quoteScale })
    if (instrument && input.maxMessagesPerSecond != null)
      refuse('maxMessagesPerSecond', 'It counts over all markets: name none.')
    return {
      kind: 'SET_RISK_LIMITS',
      profile: profileOf(input.profile),
      symbol: instrument?.symbol ?? null,
      limits: {
        maxOrderQuantity: lots('maxOrderQuantity'),
        maxOrderNotional: quote('maxOrderNotional'),
        maxOpenOrders: count('maxOpenOrders', input.maxOpenOrders, LIMITS.openOrdersPerAccount),
        maxPosition: lots('maxPosition'),
        maxExposure: quote('maxExposure'),
        maxMessagesPerSecond: count('maxMessagesPerSecond', input.maxMessagesPerSecond, Number.MAX_SAFE_INTEGER),
      },
      changedBy,
      reason: reasonOf(input.reason),
    }
  })

export const readAssignment = (input: AssignRiskProfileInput, changedBy: string): Read<AssignRiskProfile> =>
  reading(() => ({
    kind: 'ASSIGN_RISK_PROFILE',
    accountId: accountOf('accountId', input.accountId),
    profile: profileOf(input.profile),
    changedBy,
    reason: reasonOf(input.reason),
  }))

export const readMarketRules = (input: SetMarketRulesInput, changedBy: string): Read<SetMarketRules> =>
  reading(() => {
    const { symbol, lot, quoteScale } = knownMarket(input.symbol)
    const percent = (field: 'collarPercent' | 'protectionPercent' | 'priceBandPercent') =>
      bps(field, input[field], BPS_MAX)
    const rules = {
      maxQuantity: positive('maxQuantity', input.maxQuantity, lot),
      minNotional: whole('minNotional', input.minNotional, { units: 1, scale: quoteScale }),
      collarBps: percent('collarPercent'),
      protectionBps: percent('protectionPercent'),
      priceBandBps: percent('priceBandPercent'),
      bandWindowMs: duration('bandWindowMs', input.bandWindowMs),
      haltAuctionMs: duration('haltAuctionMs', input.haltAuctionMs),
    }
    return { kind: 'SET_MARKET_RULES', symbol, rules, changedBy, reason: reasonOf(input.reason) }
  })

export const readFeeSchedule = (input: SetFeeScheduleInput, changedBy: string): Read<SetFeeSchedule> =>
  reading(() => {
    const { length } = input.tiers
    if (length < 1 || length > FEE_TIERS_MAX) refuse('tiers', `There are 1 to ${FEE_TIERS_MAX} tiers.`)
    const tiers = input.tiers.map(readTier)
    if (tiers[0]?.minVolume !== 0) refuse('tiers.0.minVolume', 'The first tier begins at 0.')
    for (const [at, tier] of tiers.entries()) {
      if (at > 0 && tier.minVolume <= tiers[at - 1]!.minVolume)
        refuse(`tiers.${at}.minVolume`, 'It must be above the volume of the tier before.')
    }
    return { kind: 'SET_FEE_SCHEDULE', tiers, changedBy, reason: reasonOf(input.reason) }
  })

export const readKillSwitch = (input: SetKillSwitchInput, changedBy: string): Read<SetKillSwitch> =>
  reading(() => {
    const { scope, engaged } = input
    return {
      kind: 'SET_KILL_SWITCH',
      scope,
      target: targetOf(input),
      engaged,
      changedBy,
      reason: reasonOf(input.reason),
    }
  })

function targetOf({ scope, target }: SetKillSwitchInput): string {
  if (scope === 'VENUE') return target == null ? '' : refuse('target', 'The whole venue has no target.')
  if (target == null) return refuse('target', scope === 'ACCOUNT' ? 'Name the account.' : 'Name the market.')
  return scope === 'ACCOUNT' ? accountOf('target', target) : knownMarket(target).symbol
}

function readTier({ minVolume, makerFeePercent, takerFeePercent }: FeeTierInput, at: number): FeeTier {
  const field = `tiers.${at}`
  return {
    minVolume: whole(`${field}.minVolume`, minVolume, { units: 1, scale: assetScale(QUOTE_ASSET) }),
    makerBps: bps(`${field}.makerFeePercent`, makerFeePercent, FEE_BPS_MAX),
    takerBps: bps(`${field}.takerFeePercent`, takerFeePercent, FEE_BPS_MAX),
  }
}

function knownMarket(symbol: string): Instrument {
  const instrument = findInstrument(symbol)
  if (!instrument) throw new InputFault(unknownMarket(symbol))
  return instrument
}

function positive(field: string, text: string, increment: Increment): number {
  const read = parseIncrements(text, increment)
  return read.ok ? read.value : refuse(field, 'A plain decimal above zero, on the market’s grid, is needed.')
}

/** As `positive`, but 0 counts. */
function whole(field: string, text: string, increment: Increment): number {
  const zero = parseDecimal(text, increment.scale)
  return zero.ok && zero.value === 0n ? 0 : positive(field, text, increment)
}

function bps(field: string, text: string, max: number): number {
  const read = parseDecimal(text, PERCENT.scale)
  if (read.ok && read.value >= 0n && read.value <= BigInt(max)) return Number(read.value)
  return refuse(field, `A percentage from 0 to ${max / 100} with at most two decimal places is needed.`)
}

function count(field: string, value: number | null | undefined, max: number): number | null {
  if (value == null) return null
  return value >= 0 && value <= max ? value : refuse(field, `From 0 to ${max}.`)
}

function duration(field: string, value: number): number {
  return value > 0 && value <= DURATION_MAX_MS ? value : refuse(field, `From 1 to ${DURATION_MAX_MS} ms.`)
}

const reasonOf = (text: string): string =>
  REASON.test(text) ? text : refuse('reason', '1 to 64 printable ASCII characters.')
const profileOf = (text: string): string =>
  PROFILE.test(text) ? text : refuse('profile', '1 to 64 letters, digits, `-` or `_`.')
const accountOf = (field: string, text: string): string =>
  ACCOUNT_ID.test(text) ? text : refuse(field, 'An account’s id begins with `acc_`.')
