import type { SubgraphContext } from '@opsource/subgraph'
import { callerOf } from '../caller.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { invalidInput } from '../invalid-input.ts'
import { CHAMPION, type GateCheck, isAlias, type Wish } from './history.ts'
import type { ModelRegistry } from './model-registry.ts'
import {
  aliasIsGated,
  nothingToRollBackTo,
  registryBusy,
  servesAlready,
  tooManyTags,
  unknownVersion,
  versionPruned,
} from './refusals.ts'
import { isModelName, type RegisteredVersion } from './store.ts'

const MAX_REASON = 500
const MAX_TAG_KEY = 64
const MAX_TAG_VALUE = 1_000

interface Reasoned {
  readonly reason: string
}

/** All are refused to whoever may not train models, before they are resolved. */
export function registryMutations(registry: ModelRegistry): NonNullable<Resolvers['Mutation']> {
  const version = async (modelName: string, version: number): Promise<RegisteredVersion | null> =>
    isModelName(modelName) && isWhole(version)
      ? ((await registry.store.versions([{ modelName, version }]))[0] ?? null)
      : null

  return {
    promoteModel: async (_parent, { input }, context) => {
      const wrong = wrongReason(input)
      if (wrong) return wrong
      const known = await version(input.model, input.version)
      if (!known) return unknownVersion
      if (known.prunedAt) return versionPruned
      const result = await registry.promote(known, wishOf(context, input))
      switch (result.kind) {
        case 'PROMOTED':
          return { __typename: 'ModelPromoted', modelVersion: known, transition: result.transition }
        case 'REFUSED':
          return {
            __typename: 'PromotionRefused',
            code: 'PROMOTION_REFUSED',
            message: failedOf(result.checks),
            transition: result.transition,
          }
        case 'SERVES':
          return servesAlready
        case 'BUSY':
          return registryBusy
        case 'UNKNOWN_VERSION':
          return unknownVersion
      }
    },
    rollBackModel: async (_parent, { input }, context) => {
      const wrong = wrongReason(input)
      if (wrong) return wrong
      const target = input.version ?? null
      if (!isModelName(input.model) || (target !== null && !isWhole(target))) return unknownVersion
      const result = await registry.rollBack(input.model, target, wishOf(context, input))
      switch (result.kind) {
        case 'ROLLED_BACK': {
          const { modelName, toVersion } = result.transition
          const serving = toVersion === null ? null : await version(modelName, toVersion)
          return { __typename: 'ModelRolledBack', modelVersion: serving, transition: result.transition }
        }
        case 'NEVER_SERVED':
          return nothingToRollBackTo
        case 'SERVES':
          return servesAlready
        case 'BUSY':
          return registryBusy
        case 'UNKNOWN_VERSION':
          return unknownVersion
      }
    },
    setModelAlias: async (_parent, { input }, context) => {
      const wrong = wrongReason(input)
      if (wrong) return wrong
      if (input.alias === CHAMPION) return aliasIsGated
      if (!isAlias(input.alias))
        return invalidInput('input.alias', 'It is a small letter, then small letters, digits, `-` and `_`.')
      const known = await version(input.model, input.version)
      if (!known) return unknownVersion
      if (known.prunedAt) return versionPruned
      const transition = await registry.setAlias(known, input.alias, wishOf(context, input))
      if (!transition) return invalidInput('input.alias', 'The model has as many names as it may: take one away first.')
      return { __typename: 'ModelAliasMoved', model: { name: known.modelName }, transition }
    },
    deleteModelAlias: async (_parent, { input }, context) => {
      const wrong = wrongReason(input)
      if (wrong) return wrong
      if (input.alias === CHAMPION) return aliasIsGated
      if (!isModelName(input.model) || !isAlias(input.alias)) return unknownVersion
      const transition = await registry.deleteAlias(input.model, input.alias, wishOf(context, input))
      return transition ? { __typename: 'ModelAliasMoved', model: { name: input.model }, transition } : unknownVersion
    },
    setModelVersionTag: async (_parent, { input }) => {
      if (!isText(input.key, 1, MAX_TAG_KEY)) return invalidInput('input.key', `It has 1 to ${MAX_TAG_KEY} characters.`)
      if (!isText(input.value, 0, MAX_TAG_VALUE))
        return invalidInput('input.value', `It has at most ${MAX_TAG_VALUE} characters.`)
      const known = await version(input.model, input.version)
      if (!known) return unknownVersion
      if (!(await registry.aliases.setTag(known, input))) return tooManyTags
      return { __typename: 'ModelVersionTagged', modelVersion: known }
    },
    deleteModelVersionTag: async (_parent, { input }) => {
      const known = await version(input.model, input.version)
      if (!known) return unknownVersion
      if (isText(input.key, 1, MAX_TAG_KEY)) await registry.aliases.deleteTag(known, input.key)
      return { __typename: 'ModelVersionTagged', modelVersion: known }
    },
  }
}

function wishOf(context: SubgraphContext, { reason }: Reasoned): Wish {
  return { by: callerOf(context), reason: reason.trim() }
}

function wrongReason({ reason }: Reasoned) {
  return isText(reason.trim(), 1, MAX_REASON)
    ? null
    : invalidInput('input.reason', `It has 1 to ${MAX_REASON} characters.`)
}

function failedOf(checks: readonly GateCheck[]): string {
  const failed = checks.filter(({ passed }) => !passed)
  const tooLittle = failed.find(({ name }) => name === 'EVALUATION')
  const names = failed.map(({ name }) => name).join(', ')
  return `It did not pass ${names}${tooLittle ? `: ${tooLittle.detail}` : '.'}`
}

const isText = (text: string, least: number, most: number) =>
  text.length >= least && text.length <= most && !text.includes('\0')
/** What PostgreSQL takes as an integer. */
const isWhole = (value: number) => Number.isInteger(value) && value > 0 && value <= 2 ** 31 - 1
