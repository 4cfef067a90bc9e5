import { INSTRUMENTS, type Instrument, isExactOrder } from '../market/instruments.ts'
import type { MarketRules } from '../market/rules.ts'
import type { RiskLimits } from '../risk/limits.ts'
import type { InvalidOrderCode, Refusal } from './acks.ts'
import {
  type AmendOrder,
  type CancelOrder,
  type Command,
  MAX_TEXT_LENGTH,
  type OrderTerms,
  type PlaceBracket,
  type PlaceOco,
  type SetFeeSchedule,
  type SetKillSwitch,
  type SetMarketStatus,
} from './commands.ts'
import { exitsOf, legsOf } from './drafting.ts'
import { LIMITS } from './limits.ts'

/** Printable ASCII. */
const FIRST_CHARACTER = 0x20
const LAST_CHARACTER = 0x7e
const BPS = 10_000

/**
 * Refuses what no state of the engine could carry out, before it costs a place in the journal.
 * Everything behind it relies on this: whole positive numbers, exact amounts, short plain texts, terms that belong together.
 */
export function inadmissible(command: Command, instruments: readonly Instrument[] = INSTRUMENTS): Refusal | null {
  switch (command.kind) {
    case 'OPEN_ACCOUNT':
      return textFault('accountId', command.accountId) ?? textFault('userId', command.userId)
    case 'CREDIT':
      return (
        textFault('accountId', command.accountId) ??
        textFault('asset', command.asset) ??
        textFault('reference', command.reference) ??
        (isPositive(command.amount) ? null : invalid('amount'))
      )
    case 'PLACE':
      return keyFault(command, '') ?? termsFault(command, instruments)
    case 'PLACE_OCO':
      return keyFault(command, '.stop') ?? pairFault(command, instruments)
    case 'PLACE_BRACKET':
      return keyFault(command, '.profit') ?? bracketFault(command, instruments)
    case 'CANCEL':
      return namesFault(command)
    case 'AMEND':
      return namesFault(command) ?? amendFault(command)
    case 'CANCEL_ALL':
      return textFault('accountId', command.accountId) ?? marketFault(command.symbol, instruments)
    case 'CANCEL_ALL_AFTER':
      return textFault('accountId', command.accountId) ?? delayFault(command.delayMs)
    case 'SET_MARKET_STATUS':
      return statusFault(command, instruments)
    case 'SET_KILL_SWITCH':
      return auditFault(command) ?? killSwitchFault(command, instruments)
    case 'SET_MARKET_RULES':
      return auditFault(command) ?? marketFault(command.symbol, instruments) ?? rulesFault(command.rules)
    case 'SET_RISK_LIMITS':
      return (
        auditFault(command) ??
        textFault('profile', command.profile) ??
        marketFault(command.symbol, instruments) ??
        limitsFault(command.limits)
      )
    case 'ASSIGN_RISK_PROFILE':
      return auditFault(command) ?? textFault('accountId', command.accountId) ?? textFault('profile', command.profile)
    case 'SET_FEE_SCHEDULE':
      return auditFault(command) ?? tiersFault(command)
    case 'TICK':
      return null
  }
}

function keyFault({ accountId, clientOrderId }: { accountId: string; clientOrderId: string }, suffix: string) {
  // The other orders of a pair or bracket have ids made of this one.
  return textFault('accountId', accountId) ?? textFault('clientOrderId', clientOrderId, MAX_TEXT_LENGTH - suffix.length)
}

function termsFault(terms: OrderTerms, instruments: readonly Instrument[]): Refusal | null {
  const instrument = instruments.find(({ symbol }) => symbol === terms.symbol)
  if (!instrument) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  const code =
    priceCode(terms) ?? quantityCode(terms) ?? stopCode(terms) ?? displayCode(terms) ?? timeCode(terms) ?? null
  if (code) return { kind: 'REFUSED', code }
  const field = unwholeField(terms)
  if (field) return invalid(field)
  const { price, stopPrice, quantity } = terms
  const exact = isExactOrder(instrument, price, quantity) && isExactOrder(instrument, stopPrice, quantity)
  return exact ? null : { kind: 'REFUSED', code: 'ORDER_TOO_LARGE' }
}

function priceCode({ type, price }: OrderTerms): InvalidOrderCode | null {
  if (price === null) return type === 'LIMIT' || type === 'STOP_LIMIT' ? 'PRICE_REQUIRED' : null
  return price > 0 ? null : 'PRICE_NOT_POSITIVE'
}

function quantityCode({ quantity }: OrderTerms): InvalidOrderCode | null {
  return quantity > 0 ? null : 'QUANTITY_NOT_POSITIVE'
}

function stopCode({ type, stopPrice, trailingAmount, trailingBps }: OrderTerms): InvalidOrderCode | null {
  const fixed = type === 'STOP' || type === 'STOP_LIMIT'
  if (fixed && stopPrice === null) return 'STOP_PRICE_REQUIRED'
  if (!fixed && type !== 'TRAILING_STOP' && stopPrice !== null) return 'STOP_PRICE_NOT_ALLOWED'
  if (stopPrice !== null && !(stopPrice > 0)) return 'PRICE_NOT_POSITIVE'
  const distances = (trailingAmount === null ? 0 : 1) + (trailingBps === null ? 0 : 1)
  if (type !== 'TRAILING_STOP') return distances > 0 ? 'TRAILING_DISTANCE_NOT_ALLOWED' : null
  return distances === 1 ? null : 'TRAILING_DISTANCE_REQUIRED'
}

const RESTING_TIMES = ['GTC', 'GTD', 'DAY']

function displayCode({ type, timeInForce, quantity, displayQuantity, postOnly }: OrderTerms): InvalidOrderCode | null {
  const rests = type === 'LIMIT' && RESTING_TIMES.includes(timeInForce)
  if (displayQuantity !== null && !(rests && displayQuantity < quantity)) return 'DISPLAY_QUANTITY_NOT_ALLOWED'
  return postOnly && !rests ? 'POST_ONLY_NOT_ALLOWED' : null
}

function timeCode({ type, timeInForce, expiresAt }: OrderTerms): InvalidOrderCode | null {
  const rests = RESTING_TIMES.includes(timeInForce)
  if (type === 'MARKET' ? rests : type !== 'LIMIT' && !rests) return 'TIME_IN_FORCE_NOT_ALLOWED'
  if (timeInForce === 'GTD') return expiresAt === null ? 'EXPIRY_REQUIRED' : null
  return expiresAt === null ? null : 'EXPIRY_NOT_ALLOWED'
}

function unwholeField(terms: OrderTerms): string | null {
  const { price, quantity, stopPrice, trailingAmount, trailingBps, displayQuantity, expiresAt } = terms
  // Beyond 2^53 a number may be whole and still too large: that is for `isExactOrder` to say.
  if (price !== null && !Number.isInteger(price)) return 'price'
  if (!Number.isInteger(quantity)) return 'quantity'
  if (stopPrice !== null && !Number.isInteger(stopPrice)) return 'stopPrice'
  if (trailingAmount !== null && !isPositive(trailingAmount)) return 'trailingAmount'
  if (trailingBps !== null && !(isPositive(trailingBps) && trailingBps < BPS)) return 'trailingBps'
  if (displayQuantity !== null && !isPositive(displayQuantity)) return 'displayQuantity'
  return expiresAt !== null && !isPositive(expiresAt) ? 'expiresAt' : null
}

function pairFault(command: PlaceOco, instruments: readonly Instrument[]): Refusal | null {
  const [limit, stop] = legsOf(command)
  const fault = termsFault(limit, instruments) ?? termsFault(stop, instruments)
  if (fault) return fault
  const rises = command.side === 'SELL' ? command.price > command.stopPrice : command.price < command.stopPrice
  return rises ? null : { kind: 'REFUSED', code: 'PRICES_OUT_OF_ORDER' }
}

function bracketFault(command: PlaceBracket, instruments: readonly Instrument[]): Refusal | null {
  const { entry, takeProfitPrice, stopPrice } = command
  if (entry.type !== 'LIMIT' && entry.type !== 'MARKET') return invalid('entry.type')
  const [profit, loss] = exitsOf(command)
  const fault = termsFault(entry, instruments) ?? termsFault(profit, instruments) ?? termsFault(loss, instruments)
  if (fault) return fault
  const entryPrice = entry.type === 'LIMIT' ? entry.price : null
  const [low, high] = entry.side === 'BUY' ? [stopPrice, takeProfitPrice] : [takeProfitPrice, stopPrice]
  const rises = low < high && (entryPrice === null || (low < entryPrice && entryPrice < high))
  return rises ? null : { kind: 'REFUSED', code: 'PRICES_OUT_OF_ORDER' }
}

function namesFault(command: CancelOrder | AmendOrder): Refusal | null {
  const { orderId, clientOrderId } = command
  if ((orderId === undefined) === (clientOrderId === undefined)) return invalid('orderId')
  return (
    textFault('accountId', command.accountId) ??
    (orderId === undefined ? null : textFault('orderId', orderId)) ??
    (clientOrderId === undefined ? null : textFault('clientOrderId', clientOrderId))
  )
}

function amendFault({ quantity, price, stopPrice }: AmendOrder): Refusal | null {
  for (const [field, value] of Object.entries({ quantity, price, stopPrice })) {
    if (value !== null && !isPositive(value)) return invalid(field)
  }
  return null
}

function delayFault(delayMs: number): Refusal | null {
  const known = Number.isSafeInteger(delayMs) && delayMs >= 0 && delayMs <= LIMITS.cancelAllAfterMs
  return known ? null : invalid('delayMs')
}

function statusFault(command: SetMarketStatus, instruments: readonly Instrument[]): Refusal | null {
  const { symbol, status, auctionMs, recording } = command
  const fault = marketFault(symbol, instruments)
  if (fault) return fault
  if (auctionMs !== null && !(status === 'AUCTION' && isPositive(auctionMs) && auctionMs <= LIMITS.auctionMs)) {
    return invalid('auctionMs')
  }
  if (recording === null) return null
  return (
    textFault('dataSet', recording.dataSet) ??
    textFault('segment', recording.segment) ??
    (isPositive(recording.repetition) ? null : invalid('repetition'))
  )
}

function killSwitchFault({ scope, target }: SetKillSwitch, instruments: readonly Instrument[]): Refusal | null {
  if (scope === 'MARKET') return marketFault(target, instruments)
  if (scope === 'ACCOUNT') return textFault('target', target)
  return target === '' ? null : invalid('target')
}

function rulesFault(rules: MarketRules): Refusal | null {
  for (const [field, value] of Object.entries(rules)) if (!isCount(value)) return invalid(field)
  if (rules.protectionBps >= BPS) return invalid('protectionBps')
  if (rules.priceBandBps > 0 && rules.bandWindowMs === 0) return invalid('bandWindowMs')
  return rules.haltAuctionMs > LIMITS.auctionMs ? invalid('haltAuctionMs') : null
}

function limitsFault(limits: RiskLimits): Refusal | null {
  for (const [field, value] of Object.entries(limits)) if (value !== null && !isCount(value)) return invalid(field)
  return null
}

function tiersFault({ tiers }: SetFeeSchedule): Refusal | null {
  if (tiers.length === 0 || tiers.length > LIMITS.feeTiers || tiers[0]!.minVolume !== 0) return invalid('tiers')
  for (const [i, { minVolume, makerBps, takerBps }] of tiers.entries()) {
    const rates = isCount(makerBps) && isCount(takerBps) && makerBps < BPS && takerBps < BPS
    const rises = isCount(minVolume) && (i === 0 || minVolume > tiers[i - 1]!.minVolume)
    if (!rates || !rises) return invalid('tiers')
  }
  return null
}

function auditFault({ changedBy, reason }: { changedBy: string; reason: string }): Refusal | null {
  return textFault('changedBy', changedBy) ?? textFault('reason', reason)
}

/** Null names no market: all of them. */
function marketFault(symbol: string | null, instruments: readonly Instrument[]): Refusal | null {
  if (symbol === null || instruments.some((instrument) => instrument.symbol === symbol)) return null
  return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
}

const isPositive = (value: number) => Number.isSafeInteger(value) && value > 0
const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0
const invalid = (field: string): Refusal => ({ kind: 'REFUSED', code: 'INVALID_COMMAND', field })

function textFault(field: string, text: string, longest = MAX_TEXT_LENGTH): Refusal | null {
  return text.length <= longest && isPlain(text) ? null : invalid(field)
}

/** A loop: every command has two or three texts, and an expression takes longer for such short ones. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < FIRST_CHARACTER || code > LAST_CHARACTER) return false
  }
  return text.length > 0
}
