import { createHash } from 'node:crypto'

/** The kinds of things that features are about. */
export type FeatureEntity = 'MARKET'

export interface FeatureDefinition {
  readonly name: string
  /** How far it looks back, in `windowUnit`s; of fading values the time or span that holds most of the weight. */
  readonly window: number
  readonly windowUnit: 'BARS' | 'MILLISECONDS'
  /** How many units before the newest value its window ends. */
  readonly lag: number
  readonly type: 'FLOAT32'
}

/** One row of features: what was known of an entity at `eventTime`. */
export interface FeatureRow {
  /** Milliseconds since the Unix epoch. */
  readonly eventTime: number
  /** NaN where a feature is not known. */
  readonly values: Float32Array
}

/** Computes a view's rows from its inputs in order, one by one: training replays history through it, serving feeds it what happens. */
export interface Computation<Input> {
  /** @returns the rows that the input completes. None where the input is unsound or not newer than those before. */
  push(input: Input): FeatureRow[]
  /** Inputs that were refused so far. */
  readonly refused: number
}

/** A set of features that are computed together, defined in code. */
export interface FeatureView<Input> {
  readonly name: string
  readonly about: string
  readonly entity: FeatureEntity
  readonly features: readonly FeatureDefinition[]
  /** Time between rows, in milliseconds. */
  readonly stepMs: number
  /** From the event to the earliest moment at which its row can have been known, in milliseconds. Joins count by it. */
  readonly availabilityDelayMs: number
  /** A value that is older is not given any more, online or in joins, in milliseconds. */
  readonly maxAgeMs: number
  /** How much of time one file of the offline store holds. */
  readonly partition: 'DAY' | 'MONTH'
  /** How long rows that were recorded live are kept; null for ever. */
  readonly retentionMs: number | null
  /** SHA-256 of the definition, in hexadecimal: other features, or the same features otherwise computed, are another version. */
  readonly hash: string
  compute(): Computation<Input>
}

type Definition<Input> = Omit<FeatureView<Input>, 'hash'> & {
  /** The hash of the engine's own definition of what each feature means. */
  readonly engineHash: string
}

/** How much of the hash names a version in paths and keys. */
const VERSION_CHARACTERS = 16

export const versionOf = ({ hash }: { readonly hash: string }): string => hash.slice(0, VERSION_CHARACTERS)

/** What changes no value (how long rows are kept, how files are cut, what people read) is not part of the version. */
export function defineView<Input>({ engineHash, ...view }: Definition<Input>): FeatureView<Input> {
  const { name, entity, features, stepMs, availabilityDelayMs } = view
  const content = JSON.stringify({ name, entity, features, stepMs, availabilityDelayMs, engineHash })
  return { ...view, hash: createHash('sha256').update(content).digest('hex') }
}
