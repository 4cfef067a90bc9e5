import { connection, fault, pageOf, perRequest } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Resolvers } from '../generated/graphql.ts'
import { CHALLENGER, CHAMPION } from './history.ts'
import { dataHashOf } from './manifest.ts'
import type { ModelRegistry } from './model-registry.ts'
import { registryMutations } from './mutations.ts'
import { evaluationFigures, shadowFigures } from './score.ts'
import { shownTensor } from './signature.ts'
import { isModelName, type RegistryStore, type VersionKey } from './store.ts'

const keyOf = ({ modelName, version }: VersionKey) => `${modelName} ${version}`

/** What other features resolve to a version of a model, one query for all that a request asks for. */
export type VersionLoader = ReturnType<typeof versionLoader>

export function versionLoader(store: RegistryStore) {
  return perRequest(() => {
    const load = async (keys: readonly VersionKey[]) => {
      const found = new Map((await store.versions(keys)).map((version) => [keyOf(version), version]))
      return keys.map((key) => found.get(keyOf(key)) ?? null)
    }
    return new DataLoader(load, { cacheKeyFn: keyOf })
  })
}

type RegistryTypes = 'Query' | 'Mutation' | 'Model' | 'ModelVersion' | 'ModelAlias' | 'ModelTransition'

/** @param stepMs time between forecasts of one market. */
export function registryResolvers(
  registry: ModelRegistry,
  versions: VersionLoader,
  stepMs: number,
): Pick<Resolvers, RegistryTypes> {
  const { store, aliases, shadows } = registry
  const models = perRequest(
    () =>
      new DataLoader(async (names: readonly string[]) => {
        const found = new Map((await store.modelsByName(names)).map((model) => [model.name, model]))
        return names.map((name) => found.get(name) ?? null)
      }),
  )
  const aliasesOf = perRequest(
    () =>
      new DataLoader(async (names: readonly string[]) => {
        const found = await aliases.of(names)
        return names.map((name) => found.filter(({ modelName }) => modelName === name))
      }),
  )
  const tags = perRequest(() => {
    const load = async (keys: readonly VersionKey[]) => {
      const found = await aliases.tags(keys)
      return keys.map((key) => found.filter((tag) => keyOf(tag) === keyOf(key)))
    }
    return new DataLoader(load, { cacheKeyFn: keyOf })
  })
  const named = (alias: string): NonNullable<NonNullable<Resolvers['Model']>['champion']> => {
    return async ({ name }, _, context) => {
      const found = (await aliasesOf(context).load(name)).find((each) => each.alias === alias)
      return found ? versions(context).load(found) : null
    }
  }
  return {
    Query: {
      models: () => store.models(),
      model: (_, { name }, context) => models(context).load(name),
    },
    Mutation: registryMutations(registry),
    Model: {
      __resolveReference: ({ name }, context) => models(context).load(name),
      versions: ({ name }) => store.versionsOf(name),
      version: ({ name }, { version }, context) => versions(context).load({ modelName: name, version }),
      champion: named(CHAMPION),
      challenger: named(CHALLENGER),
      aliases: ({ name }, _, context) => aliasesOf(context).load(name),
      history: async ({ name }, args) => {
        const page = pageOf(args, { keys: 1 })
        const before = page.after === null ? null : positionOf(page.after[0])
        const rows = isModelName(name) ? await aliases.history(name, { before, limit: page.first + 1 }) : []
        return connection(rows, page, ({ position }) => [String(position)])
      },
    },
    ModelAlias: {
      name: ({ alias }) => alias,
      modelVersion: (alias, _, context) => versions(context).load(alias),
      setAt: ({ setAt }) => setAt.toISOString(),
    },
    ModelTransition: {
      position: ({ position }) => String(position),
      from: ({ fromVersion }) => fromVersion,
      to: ({ toVersion }) => toVersion,
      checks: ({ checks }) => checks && [...checks],
      at: ({ at }) => at.toISOString(),
    },
    ModelVersion: {
      model: async ({ modelName }, _, context) => {
        const model = await models(context).load(modelName)
        if (!model) throw new Error(`model ${modelName} is gone`)
        return model
      },
      kind: ({ manifest }) => manifest.kind ?? 'MODEL',
      aliases: async ({ modelName, version }, _, context) => {
        const found = await aliasesOf(context).load(modelName)
        return found.filter((each) => each.version === version).map(({ alias }) => alias)
      },
      tags: (version, _, context) => tags(context).load(version),
      signature: ({ signature: { input, output } }) => ({ input: shownTensor(input), output: shownTensor(output) }),
      lineage: async ({ modelName, manifest }, _, context) => ({
        codeVersion: manifest.codeVersion ?? null,
        dataHash: dataHashOf(manifest),
        featureHash: manifest.featureHash,
        seed: manifest.seed,
        recipe: manifest.recipe.candidate,
        parameters: Object.entries(manifest.recipe.parameters).map(([name, value]) => ({ name, value: String(value) })),
        parent:
          manifest.parentVersion === undefined
            ? null
            : await versions(context).load({ modelName, version: manifest.parentVersion }),
      }),
      trainedOn: ({ manifest }) => manifest.trainedOn.map(({ segment }) => segment),
      horizonMs: ({ manifest }) => manifest.horizonMs,
      features: ({ manifest }) => manifest.features,
      metrics: ({ manifest }) => Object.entries(manifest.metrics).map(([name, value]) => ({ name, value })),
      evaluation: async (version) => {
        const evaluation = await store.evaluation(version)
        return evaluation && evaluationFigures(evaluation)
      },
      shadow: async (version) => {
        const forecasts = await shadows.count(version)
        return forecasts === 0 ? null : shadowFigures(forecasts, await shadows.pairs(version), stepMs)
      },
      createdAt: ({ createdAt }) => createdAt.toISOString(),
      prunedAt: ({ prunedAt }) => prunedAt?.toISOString() ?? null,
    },
  }
}

function positionOf(key: string | number | undefined): bigint {
  const text = String(key)
  if (!/^\d{1,18}$/.test(text)) throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
  return BigInt(text)
}
