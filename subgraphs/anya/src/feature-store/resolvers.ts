import { createHash } from 'node:crypto'
import { connection, pageOf, wholeKey } from '@opsource/subgraph'
import type { Resolvers } from '../generated/graphql.ts'
import { invalidInput } from '../invalid-input.ts'
import { driftLevel } from '../statistics/psi.ts'
import { EMPTY_RANGE, instant, rangeOf, refusedBy } from './answers.ts'
import type { FeatureStore } from './feature-store.ts'
import { jobResolvers } from './job-resolvers.ts'
import { lastEventOf, type StoreManifest } from './offline/manifest.ts'
import type { OnlineVector } from './online.ts'
import { rowsOf } from './rows.ts'
import { type KnownView, VIEWS, versionOf, viewNamed } from './views/index.ts'

/** As many as candles have. */
const MAX_ROWS = 500
const LEVELS = ['STABLE', 'WARNING', 'ALARM'] as const

/** What a view has of one entity. */
export interface ViewEntity {
  readonly known: KnownView
  readonly name: string
}
export type EntityVector = ViewEntity & { readonly found: OnlineVector }
export type StoredFeatures = ViewEntity & { readonly manifest: StoreManifest | null }
export type StoredPartition = StoreManifest['partitions'][number] & {
  readonly known: KnownView
  readonly entity: string
}

const numberOrNull = (value: number) => (Number.isNaN(value) ? null : value)

type Root = 'featureViews' | 'featureView' | 'featureVector' | 'featureRows' | 'featureDrift'
type Owned =
  | 'FeatureView'
  | 'FeatureViewEntity'
  | 'FeatureVector'
  | 'OfflineFeatures'
  | 'FeaturePartition'
  | 'FeatureJob'
  | 'Query'
  | 'Mutation'
  | 'Subscription'

export function featureStoreResolvers(store: FeatureStore): Pick<Resolvers, Owned> {
  const vector = async (known: KnownView, name: string): Promise<EntityVector> => ({
    known,
    name,
    found: await store.vector(known, name),
  })
  const jobs = jobResolvers(store)
  return {
    ...jobs,
    Query: { ...jobs.Query, ...rootResolvers(store, vector) },
    FeatureView: {
      name: ({ view }) => view.name,
      about: ({ view }) => view.about,
      entityKind: ({ view }) => view.entity,
      version: ({ view }) => versionOf(view),
      hash: ({ view }) => view.hash,
      features: ({ view }) => [...view.features],
      stepMs: ({ view }) => view.stepMs,
      availabilityDelayMs: ({ view }) => view.availabilityDelayMs,
      maxAgeMs: ({ view }) => view.maxAgeMs,
      partition: ({ view }) => view.partition,
      retentionMs: ({ view }) => view.retentionMs,
      entities: async (known) => (await store.entities(known)).map((name) => ({ known, name })),
    },
    FeatureViewEntity: {
      live: ({ name }) => store.isLive(name),
      vector: ({ known, name }) => vector(known, name),
      offline: async ({ known, name }) => {
        const manifest = await store.manifest(known, name)
        return manifest.ok
          ? { __typename: 'OfflineFeatures', known, name, manifest: manifest.value }
          : refusedBy(manifest.error)
      },
    },
    FeatureVector: {
      view: ({ known }) => known.view.name,
      version: ({ known }) => versionOf(known.view),
      entity: ({ name }) => name,
      values: ({ found }) => found.row && Array.from(found.row.values, numberOrNull),
      sha256: ({ found }) => found.row && vectorHash(found.row.values),
      reason: ({ found }) => found.reason,
      eventTime: ({ found }) => found.newest && instant(found.newest.eventTime),
      availableAt: ({ found }) => found.newest && instant(found.newest.availableAt),
      ageMs: ({ found }) => found.ageMs,
    },
    OfflineFeatures: {
      rows: ({ manifest }) => (manifest?.partitions ?? []).reduce((sum, { rows }) => sum + rows, 0),
      firstEvent: ({ manifest }) => moment(manifest?.partitions[0]?.firstEvent),
      lastEvent: ({ manifest }) => moment(lastEventOf(manifest)),
      partitions: ({ known, name, manifest }, args) => {
        const page = pageOf(args, { keys: 1 })
        const [behind] = page.after ?? []
        const all = [...(manifest?.partitions ?? [])].sort((a, b) => (a.file < b.file ? 1 : -1))
        const rest = behind === undefined ? all : all.filter((one) => one.file < String(behind))
        const nodes = rest.slice(0, page.first + 1).map((one) => ({ ...one, known, entity: name }))
        return connection(nodes, page, (one) => [one.file])
      },
    },
    FeaturePartition: {
      path: ({ known, entity, file }) => `${known.view.name}/${versionOf(known.view)}/entity=${entity}/${file}`,
      firstEvent: ({ firstEvent }) => instant(firstEvent),
      lastEvent: ({ lastEvent }) => instant(lastEvent),
    },
  }
}

function rootResolvers(
  store: FeatureStore,
  vector: (known: KnownView, name: string) => Promise<EntityVector>,
): Pick<NonNullable<Resolvers['Query']>, Root> {
  return {
    featureViews: () => [...VIEWS],
    featureView: (_, { name }) => viewNamed(name) ?? null,
    featureVector: (_, { view, entity }) => {
      const known = viewNamed(view)
      return known ? vector(known, entity) : null
    },
    featureRows: async (_, { view: name, entity, from, to, ...args }) => {
      const known = viewNamed(name)
      if (!known) return null
      const page = pageOf(args, { defaultSize: 50, maxSize: MAX_ROWS, keys: 2 })
      const [eventTime, availableAt] = (page.after ?? []).map((key) => wholeKey(key))
      const after = eventTime === undefined || availableAt === undefined ? null : { eventTime, availableAt }
      const range = rangeOf({ from, to })
      if (!range) return invalidInput('to', EMPTY_RANGE)
      const rows = await store.ask('page', { view: name, entity, range, limit: page.first + 1, after })
      if (!rows.ok) return refusedBy(rows.error)
      const { edges, pageInfo } = connection(rowsOf(rows.value), page, (row) => [row.eventTime, row.availableAt])
      const told = edges.map(({ cursor, node }) => ({
        cursor,
        node: {
          eventTime: instant(node.eventTime),
          availableAt: instant(node.availableAt),
          values: Array.from(node.values, numberOrNull),
        },
      }))
      const features = known.view.features.map((feature) => feature.name)
      return { __typename: 'FeatureRowConnection', features, edges: told, pageInfo }
    },
    featureDrift: async (_, { view: name, entity, ...ranges }) => {
      if (!viewNamed(name)) return null
      const [reference, recent] = [rangeOf(ranges.reference), rangeOf(ranges.recent)]
      if (!reference) return invalidInput('reference.to', EMPTY_RANGE)
      if (!recent) return invalidInput('recent.to', EMPTY_RANGE)
      const drift = await store.ask('drift', { view: name, entity, reference, recent })
      if (!drift.ok) return refusedBy(drift.error)
      const { referenceRows, recentRows } = drift.value
      const features = drift.value.features
        .map(({ name, index, expected }) => ({ name, index, expectedIndex: expected, level: driftLevel(index) }))
        .sort((a, b) => b.index - a.index)
      const level = LEVELS.findLast((one) => features.some((feature) => feature.level === one)) ?? 'STABLE'
      return { __typename: 'FeatureDrift', referenceRows, recentRows, level, features }
    },
  }
}

const moment = (time: number | undefined) => (time === undefined ? null : instant(time))

/** Of the values as little-endian float32s. */
export function vectorHash(values: Float32Array): string {
  const bytes = Buffer.alloc(values.length * Float32Array.BYTES_PER_ELEMENT)
  values.forEach((value, i) => {
    bytes.writeFloatLE(value, i * Float32Array.BYTES_PER_ELEMENT)
  })
  return createHash('sha256').update(bytes).digest('hex')
}
