import type { PrismaClient } from '../database.ts'
import type { KillSwitchScope } from '../engine/commands.ts'
import {
  FEE_TIERS,
  type FeeTier,
  MARKET_MAKER_LIMITS,
  MARKET_MAKER_PROFILE,
  type RiskLimits,
  STANDARD_LIMITS,
  STANDARD_PROFILE,
} from './limits.ts'

/** A profile's limits by symbol, the empty one for every market that is not named. */
export interface StoredProfile {
  readonly name: string
  readonly limits: ReadonlyMap<string, RiskLimits>
}

const BUILT_IN: readonly (readonly [name: string, limits: RiskLimits])[] = [
  [STANDARD_PROFILE, STANDARD_LIMITS],
  [MARKET_MAKER_PROFILE, MARKET_MAKER_LIMITS],
]

/** All profiles, by name: those that the engine was built with, and what was set since. Where one says nothing, the standard profile's general limits hold. */
export async function findProfiles(prisma: PrismaClient): Promise<StoredProfile[]> {
  const profiles = new Map(BUILT_IN.map(([name, limits]) => [name, new Map([['', limits]])]))
  for (const row of await prisma.riskLimit.findMany({ orderBy: [{ profile: 'asc' }, { symbol: 'asc' }] })) {
    const limits = profiles.get(row.profile) ?? new Map<string, RiskLimits>()
    limits.set(row.symbol, {
      maxOrderQuantity: numberOf(row.maxOrderQuantity),
      maxOrderNotional: numberOf(row.maxOrderNotional),
      maxOpenOrders: row.maxOpenOrders,
      maxPosition: numberOf(row.maxPosition),
      maxExposure: numberOf(row.maxExposure),
      maxMessagesPerSecond: row.maxMessagesPerSecond,
    })
    profiles.set(row.profile, limits)
  }
  const standard = profiles.get(STANDARD_PROFILE)?.get('') ?? STANDARD_LIMITS
  for (const limits of profiles.values()) if (!limits.has('')) limits.set('', standard)
  return Array.from(profiles, ([name, limits]) => ({ name, limits })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The name of an account's profile; null where there is no such account. */
export async function findProfileOf(prisma: PrismaClient, accountId: string): Promise<string | null> {
  const account = await prisma.account.findUnique({ where: { id: accountId } })
  if (!account) return null
  const assigned = await prisma.riskAssignment.findUnique({ where: { accountNo: account.no } })
  return assigned?.profile ?? STANDARD_PROFILE
}

export async function findFeeSchedule(prisma: PrismaClient): Promise<readonly FeeTier[]> {
  const tiers = await prisma.feeTier.findMany({ orderBy: { minVolume: 'asc' } })
  if (tiers.length === 0) return FEE_TIERS
  return tiers.map(({ minVolume, makerBps, takerBps }) => ({
    minVolume: Number(minVolume.toFixed(0)),
    makerBps,
    takerBps,
  }))
}

export async function findEngagedSwitches(
  prisma: PrismaClient,
): Promise<{ readonly scope: KillSwitchScope; readonly target: string }[]> {
  return prisma.killSwitch.findMany({ where: { engaged: true }, orderBy: [{ scope: 'asc' }, { target: 'asc' }] })
}

/** Lots and minor units of the engine are safe integers. */
function numberOf(value: bigint | { toFixed(places: number): string } | null): number | null {
  if (value === null) return null
  return Number(typeof value === 'bigint' ? value : value.toFixed(0))
}
