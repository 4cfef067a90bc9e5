import { perRequest } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Resolvers } from '../generated/graphql.ts'
import { figuresOf } from './score.ts'
import type { RegistryStore, VersionKey } from './store.ts'

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

export function registryResolvers(
  store: RegistryStore,
  versions: VersionLoader,
): Pick<Resolvers, 'Query' | 'Model' | 'ModelVersion'> {
  const models = perRequest(
    () =>
      new DataLoader(async (names: readonly string[]) => {
        const found = new Map((await store.modelsByName(names)).map((model) => [model.name, model]))
        return names.map((name) => found.get(name) ?? null)
      }),
  )
  const scores = perRequest(() => {
    const load = async (keys: readonly VersionKey[]) => {
      const found = new Map((await store.scores(keys)).map((sums) => [keyOf(sums), sums]))
      return keys.map((key) => found.get(keyOf(key)) ?? null)
    }
    return new DataLoader(load, { cacheKeyFn: keyOf })
  })
  return {
    Query: {
      models: () => store.models(),
      model: (_, { name }, context) => models(context).load(name),
    },
    Model: {
      __resolveReference: ({ name }, context) => models(context).load(name),
      versions: ({ name }) => store.versionsOf(name),
      champion: ({ name, championVersion }, _, context) =>
        championVersion === null ? null : versions(context).load({ modelName: name, version: championVersion }),
    },
    ModelVersion: {
      model: async ({ modelName }, _, context) => {
        const model = await models(context).load(modelName)
        if (!model) throw new Error(`model ${modelName} is gone`)
        return model
      },
      trainedOn: ({ manifest }) => manifest.trainedOn.map(({ segment }) => segment),
      horizonMs: ({ manifest }) => manifest.horizonMs,
      features: ({ manifest }) => manifest.features,
      metrics: ({ manifest }) => Object.entries(manifest.metrics).map(([name, value]) => ({ name, value })),
      score: async (version, _, context) => {
        const sums = await scores(context).load(version)
        return sums && figuresOf(sums)
      },
      createdAt: ({ createdAt }) => createdAt.toISOString(),
    },
  }
}
