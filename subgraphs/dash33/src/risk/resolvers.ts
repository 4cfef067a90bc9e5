import { connection, pageOf, wholeKey } from '@opsource/subgraph'
import { accountIdOf, callerOf, type ReadYourWrites } from '../accounts/index.ts'
import type { PrismaClient } from '../database.ts'
import type { Ack } from '../engine/acks.ts'
import type { EngineClient } from '../engine/client.ts'
import type { Command } from '../engine/commands.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { engineUnavailable, invalidInput, unknownMarket } from '../market/refusals.ts'
import { findVenueChanges, type StoredVenueChange } from '../settings/index.ts'
import { type Read, readAssignment, readFeeSchedule, readKillSwitch, readMarketRules, readRiskLimits } from './input.ts'
import { STANDARD_PROFILE } from './limits.ts'
import { findEngagedSwitches, findFeeSchedule, findProfileOf, findProfiles, type StoredProfile } from './store.ts'
import { shownLimits, shownTier, shownValues } from './values.ts'

export interface RiskServices {
  readonly prisma: PrismaClient
  readonly engine: Pick<EngineClient, 'submit'>
  readonly writes: Pick<ReadYourWrites, 'contains'>
}

export function riskResolvers({ prisma, engine, writes }: RiskServices): Resolvers {
  const set = async (read: Read<Command>) => {
    if ('fault' in read) return read.fault
    const [ack] = await engine.submit([read.command])
    // Whoever changes a setting reads it in what they ask next; that it holds they hear also while the record stands still.
    if (ack?.kind === 'SETTING_CHANGED') await writes.contains(ack.engineSequence)
    return settingAnswer(ack, read.command)
  }
  return {
    Query: {
      riskLimits: async (_parent, _args, context) => {
        const name = (await findProfileOf(prisma, accountIdOf(callerOf(context).userId))) ?? STANDARD_PROFILE
        return profileNamed(await findProfiles(prisma), name)
      },
      riskProfiles: async () => (await findProfiles(prisma)).map(shownProfile),
      riskProfile: async (_parent, { accountId }) => {
        const name = await findProfileOf(prisma, accountId)
        return name === null ? null : profileNamed(await findProfiles(prisma), name)
      },
      feeSchedule: async () => (await findFeeSchedule(prisma)).map(shownTier),
      killSwitches: () => findEngagedSwitches(prisma),
      venueChanges: async (_parent, args) => {
        const page = pageOf(args, { keys: 1 })
        const changes = await findVenueChanges(prisma, {
          below: page.after ? wholeKey(page.after[0]) : null,
          above: page.before ? wholeKey(page.before[0]) : null,
          backward: page.backward,
          limit: page.first + 1,
        })
        return connection(changes.map(shownChange), page, (change) => [change.engineSequence])
      },
    },
    Mutation: {
      setRiskLimits: (_parent, { input }, context) => set(readRiskLimits(input, callerOf(context).userId)),
      assignRiskProfile: (_parent, { input }, context) => set(readAssignment(input, callerOf(context).userId)),
      setMarketRules: (_parent, { input }, context) => set(readMarketRules(input, callerOf(context).userId)),
      setFeeSchedule: (_parent, { input }, context) => set(readFeeSchedule(input, callerOf(context).userId)),
      setKillSwitch: (_parent, { input }, context) => set(readKillSwitch(input, callerOf(context).userId)),
    },
  }
}

function settingAnswer(ack: Ack | undefined, command: Command) {
  if (ack?.kind === 'SETTING_CHANGED')
    return { __typename: 'SettingChanged' as const, engineSequence: ack.engineSequence }
  if (ack?.kind !== 'REFUSED') throw new Error(`${command.kind} was answered ${ack?.kind}`)
  const { code } = ack
  switch (code) {
    case 'UNKNOWN_ACCOUNT':
      return { __typename: 'UnknownAccount' as const, code, message: 'There is no such account.' }
    case 'UNKNOWN_PROFILE':
      return { __typename: 'UnknownRiskProfile' as const, code, message: 'There is no risk profile of that name.' }
    case 'UNKNOWN_MARKET':
      return unknownMarket('symbol' in command ? `${command.symbol}` : '')
    case 'INVALID_COMMAND':
      return invalidInput(`input.${ack.field}`, 'It cannot be read as what it should be.')
    default:
      return engineUnavailable(code)
  }
}

function profileNamed(profiles: readonly StoredProfile[], name: string) {
  const profile = profiles.find((each) => each.name === name)
  return profile ? shownProfile(profile) : null
}

function shownProfile({ name, limits }: StoredProfile) {
  return { name, limits: Array.from(limits, ([symbol, each]) => shownLimits(symbol === '' ? null : symbol, each)) }
}

function shownChange({
  engineSequence,
  setting,
  target,
  before,
  after,
  changedBy,
  reason,
  changedAt,
}: StoredVenueChange) {
  const symbol = symbolOf(setting, target)
  return {
    engineSequence: Number(engineSequence),
    setting,
    target,
    before: isRecord(before) ? shownValues(before, symbol) : null,
    after: isRecord(after) ? shownValues(after, symbol) : [],
    changedBy,
    reason,
    changedAt: changedAt.toISOString(),
  }
}

function symbolOf(setting: StoredVenueChange['setting'], target: string): string | null {
  if (setting === 'MARKET_RULES') return target
  return setting === 'RISK_LIMITS' ? (target.split(' ')[1] ?? null) : null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
