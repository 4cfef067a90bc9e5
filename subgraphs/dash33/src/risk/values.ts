import { formatDecimal } from '@opsource/kernel'
import { assetScale, findInstrument, formatIncrements } from '../market/instruments.ts'
import { QUOTE_ASSET } from './input.ts'
import type { FeeTier, RiskLimits } from './limits.ts'

/** Names and texts of a setting, as the inputs that set it have them. */
export interface SettingValue {
  readonly name: string
  readonly value: string
}

type Stored = Readonly<Record<string, unknown>>

const LOTS = new Set(['maxOrderQuantity', 'maxPosition', 'maxQuantity'])
const QUOTE = new Set(['maxOrderNotional', 'maxExposure', 'minNotional', 'minVolume'])

/** A risk profile's limits in one market (null: in those without their own), as the graph shows them. */
export function shownLimits(symbol: string | null, limits: RiskLimits) {
  const amount = (name: keyof RiskLimits) => (limits[name] === null ? null : shownNumber(name, limits[name], symbol))
  return {
    symbol,
    maxOrderQuantity: amount('maxOrderQuantity'),
    maxOrderNotional: amount('maxOrderNotional'),
    maxOpenOrders: limits.maxOpenOrders,
    maxPosition: amount('maxPosition'),
    maxExposure: amount('maxExposure'),
    maxMessagesPerSecond: limits.maxMessagesPerSecond,
  }
}

export function shownTier({ minVolume, makerBps, takerBps }: FeeTier) {
  return {
    minVolume: shownNumber('minVolume', minVolume, null),
    makerFeePercent: shownPercent(makerBps),
    takerFeePercent: shownPercent(takerBps),
  }
}

/** What a change has kept of a setting. @param symbol the market it is of; null where there is none. */
export function shownValues(stored: Stored, symbol: string | null, prefix = ''): SettingValue[] {
  return Object.entries(stored).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.flatMap((each: Stored, at) => shownValues(each, symbol, `${name}.${at}.`))
    if (value === null) return [{ name: prefix + name, value: '' }]
    if (typeof value !== 'number') return [{ name: prefix + name, value: `${value}` }]
    const isPercent = name.endsWith('Bps')
    const shownName =
      name === 'makerBps' || name === 'takerBps' ? name.replace('Bps', 'FeePercent') : name.replace(/Bps$/, 'Percent')
    return [{ name: prefix + shownName, value: isPercent ? shownPercent(value) : shownNumber(name, value, symbol) }]
  })
}

function shownNumber(name: string, value: number, symbol: string | null): string {
  const instrument = symbol === null ? undefined : findInstrument(symbol)
  if (LOTS.has(name) && instrument) return formatIncrements(value, instrument.lot)
  if (QUOTE.has(name)) return formatDecimal(value, instrument?.quoteScale ?? assetScale(QUOTE_ASSET))
  return `${value}`
}

const shownPercent = (bps: number): string => formatDecimal(bps, 2)
