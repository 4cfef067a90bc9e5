import type { MarketRules } from '../../market/rules.ts'
import type { FeeTier, RiskLimits } from '../../risk/limits.ts'
import type { ByteReader, ByteWriter } from './byte-stream.ts'

/** Zero is no limit, any other number one more than it says. */
export function writeOptional(out: ByteWriter, value: number | null): void {
  out.number(value === null ? 0 : value + 1)
}

export function readOptional(input: ByteReader): number | null {
  const value = input.number()
  return value === 0 ? null : value - 1
}

export function writeRules(out: ByteWriter, rules: MarketRules): void {
  out.number(rules.maxQuantity)
  out.number(rules.minNotional)
  out.number(rules.collarBps)
  out.number(rules.protectionBps)
  out.number(rules.priceBandBps)
  out.number(rules.bandWindowMs)
  out.number(rules.haltAuctionMs)
}

export function readRules(input: ByteReader): MarketRules {
  return {
    maxQuantity: input.number(),
    minNotional: input.number(),
    collarBps: input.number(),
    protectionBps: input.number(),
    priceBandBps: input.number(),
    bandWindowMs: input.number(),
    haltAuctionMs: input.number(),
  }
}

export function writeLimits(out: ByteWriter, limits: RiskLimits): void {
  writeOptional(out, limits.maxOrderQuantity)
  writeOptional(out, limits.maxOrderNotional)
  writeOptional(out, limits.maxOpenOrders)
  writeOptional(out, limits.maxPosition)
  writeOptional(out, limits.maxExposure)
  writeOptional(out, limits.maxMessagesPerSecond)
}

export function readLimits(input: ByteReader): RiskLimits {
  return {
    maxOrderQuantity: readOptional(input),
    maxOrderNotional: readOptional(input),
    maxOpenOrders: readOptional(input),
    maxPosition: readOptional(input),
    maxExposure: readOptional(input),
    maxMessagesPerSecond: readOptional(input),
  }
}

export function writeTiers(out: ByteWriter, tiers: readonly FeeTier[]): void {
  out.number(tiers.length)
  for (const { minVolume, makerBps, takerBps } of tiers) {
    out.number(minVolume)
    out.number(makerBps)
    out.number(takerBps)
  }
}

export function readTiers(input: ByteReader): FeeTier[] {
  const tiers: FeeTier[] = []
  for (let left = input.number(); left > 0; left--) {
    tiers.push({ minVolume: input.number(), makerBps: input.number(), takerBps: input.number() })
  }
  return tiers
}
