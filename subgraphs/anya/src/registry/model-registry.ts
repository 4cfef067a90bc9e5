import type { Cache } from '@opsource/cache'
import type { Clock } from '@opsource/kernel'
import type { Database } from '../database.ts'
import type { InferenceEngine } from '../inference/index.ts'
import { AliasStore } from './alias-store.ts'
import { type GateEvidence, judge, type LiveFeatures } from './gate.ts'
import { CHAMPION, type GateCheck, type Transition, type Wish } from './history.ts'
import { previousOf, servedStack } from './previous.ts'
import { probe } from './probe.ts'
import { pairedForecasts, ShadowStore } from './shadow-store.ts'
import { type RegisteredVersion, RegistryStore, type ServableVersion, type VersionKey } from './store.ts'

/** Moves of an alias that a roll-back looks at. */
const MAX_MOVES = 1_000
/** Versions that are tried where the champion cannot be loaded: each takes a second or two of the start. */
const MAX_FALLBACKS = 10
const DEFAULT_STEP_MS = 1_000
/** Promotions that wait for the one that is judged, which takes a model's place in the engine for a second. */
const MAX_WAITING = 4
/** A promotion that others overtook is judged anew, against what serves then. */
const MAX_ATTEMPTS = 5

/** Told of each moved alias, with the model's name, so that other instances need not wait for their next look. */
export const ALIAS_CHANNEL = 'model-alias'

/** What the platform itself serves of a line: what its versions must fit, and what they are fed with. */
export interface ServedLine {
  /** @returns why the version cannot be fed with what the platform computes, or null. */
  readonly misfit: (version: RegisteredVersion) => string | null
  /** Time between forecasts of one market, in milliseconds. */
  readonly stepMs: number
  /** The newest rows of features, by feature. */
  readonly live: () => LiveFeatures
}

export interface RegistryParts {
  readonly database: Database
  readonly clock: Clock
  /** Loads versions on trial. */
  readonly engine: Pick<InferenceEngine, 'load' | 'unload'>
  readonly cache: Pick<Cache, 'publish'>
  /** By model. */
  readonly served: ReadonlyMap<string, ServedLine>
  /** Called when an event lies in the outbox. */
  readonly onMoved?: () => void
}

export type PromotionResult =
  | { readonly kind: 'PROMOTED'; readonly transition: Transition; readonly checks: readonly GateCheck[] }
  | { readonly kind: 'REFUSED'; readonly transition: Transition; readonly checks: readonly GateCheck[] }
  | { readonly kind: 'UNKNOWN_VERSION' }
  /** It serves already. */
  | { readonly kind: 'SERVES' }
  /** Each time others came first, or too many wait. */
  | { readonly kind: 'BUSY' }

export type RollBackResult =
  | { readonly kind: 'ROLLED_BACK'; readonly transition: Transition }
  /** Nothing served before, or the version that was asked for never did. */
  | { readonly kind: 'NEVER_SERVED' }
  | { readonly kind: 'UNKNOWN_VERSION' }
  | { readonly kind: 'SERVES' }
  /** What was to be left had been left already. */
  | { readonly kind: 'BUSY' }

/** Versions, what they are called, and which of them serves: promotion goes through the gate, roll-back does not. */
export class ModelRegistry {
  readonly store: RegistryStore
  readonly aliases: AliasStore
  readonly shadows: ShadowStore
  readonly #parts: RegistryParts
  #judging: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(parts: RegistryParts) {
    this.#parts = parts
    this.store = new RegistryStore(parts.database, parts.clock)
    this.aliases = new AliasStore(parts.database, parts.clock)
    this.shadows = new ShadowStore(parts.database)
  }

  /** @returns the version that serves with its file, or null where there is none. */
  async champion(modelName: string): Promise<ServableVersion | null> {
    const version = await this.aliases.version(modelName, CHAMPION)
    return version === null ? null : this.store.servable({ modelName, version })
  }

  /**
   * Lets the version serve where the gate finds nothing against it; otherwise the refusal is written into the history with its reasons.
   * One is judged at a time, so that trials take no place from what serves. Where another instance's promotion comes first, it is judged
   * again, against what serves then.
   */
  async promote(key: VersionKey, wish: Wish): Promise<PromotionResult> {
    if (this.#waiting > MAX_WAITING) return { kind: 'BUSY' }
    this.#waiting++
    const promoted = this.#judging.then(() => this.#promote(key, wish)).finally(() => this.#waiting--)
    this.#judging = promoted.catch(() => {})
    return promoted
  }

  async #promote(key: VersionKey, wish: Wish): Promise<PromotionResult> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const version = await this.store.servable(key)
      if (!version) return { kind: 'UNKNOWN_VERSION' }
      const fromVersion = await this.aliases.version(key.modelName, CHAMPION)
      if (fromVersion === key.version) return { kind: 'SERVES' }
      const checks = judge(await this.#evidence(version, fromVersion))
      const draft = {
        modelName: key.modelName,
        alias: CHAMPION,
        fromVersion,
        toVersion: key.version,
        ...wish,
        checks,
      }
      if (!checks.every(({ passed }) => passed)) {
        return { kind: 'REFUSED', transition: await this.aliases.note({ ...draft, action: 'REFUSED' }), checks }
      }
      const moved = await this.aliases.move({ ...draft, action: 'PROMOTED' }, fromVersion)
      if ('kind' in moved) continue
      await this.#tell(key.modelName)
      return { kind: 'PROMOTED', transition: moved, checks }
    }
    return { kind: 'BUSY' }
  }

  /** Moves `champion` back to a version that served before: the last one, or `version`. That passes no gate: it is in a hurry. */
  async rollBack(modelName: string, version: number | null, wish: Wish): Promise<RollBackResult> {
    const fromVersion = await this.aliases.version(modelName, CHAMPION)
    if (fromVersion === null) return { kind: 'UNKNOWN_VERSION' }
    const moves = await this.aliases.moves(modelName, CHAMPION, MAX_MOVES)
    const target = version ?? previousOf(moves)
    if (target === fromVersion) return { kind: 'SERVES' }
    if (target === null || !moves.some(({ toVersion }) => toVersion === target)) return { kind: 'NEVER_SERVED' }
    return this.#leave(modelName, fromVersion, target, wish)
  }

  /** @returns what may stand in for `champion`: what served before it, the last first, and then the line's rules. */
  async fallbacks(modelName: string, champion: number): Promise<number[]> {
    const served = servedStack(await this.aliases.moves(modelName, CHAMPION, MAX_MOVES)).reverse()
    const all = new Set([...served, ...(await this.store.rulesOf(modelName))])
    return [...all].filter((version) => version !== champion).slice(0, MAX_FALLBACKS)
  }

  /** Lets `target`, which is loaded already, serve in the stead of a version that runs nowhere. Nothing is asked: something has to serve. */
  fallBack(modelName: string, target: number, reason: string, leaving: number): Promise<RollBackResult> {
    return this.#leave(modelName, leaving, target, { by: null, reason })
  }

  async #leave(modelName: string, fromVersion: number, toVersion: number, wish: Wish): Promise<RollBackResult> {
    const draft = { modelName, alias: CHAMPION, fromVersion, toVersion, ...wish }
    const moved = await this.aliases.move({ ...draft, action: 'ROLLED_BACK' }, fromVersion)
    if ('kind' in moved) return { kind: 'BUSY' }
    await this.#tell(modelName)
    return { kind: 'ROLLED_BACK', transition: moved }
  }

  /** Points an alias, other than `champion`, to a version that there is. @returns null where the model has as many as it may. */
  async setAlias({ modelName, version }: VersionKey, alias: string, wish: Wish): Promise<Transition | null> {
    const draft = { modelName, alias, action: 'ALIAS_SET', fromVersion: null, toVersion: version, ...wish } as const
    const moved = await this.aliases.move(draft)
    if ('kind' in moved) return null
    await this.#tell(modelName)
    return moved
  }

  /**
   * @param leaving the version that it has to point to; any unless told.
   * @returns null where there is no such alias.
   */
  async deleteAlias(modelName: string, alias: string, wish: Wish, leaving?: number): Promise<Transition | null> {
    const draft = { modelName, alias, action: 'ALIAS_DELETED', fromVersion: null, toVersion: null, ...wish } as const
    const removed = await this.aliases.remove(draft, leaving)
    if (removed) await this.#tell(modelName)
    return removed
  }

  /** Lets the baseline serve without a gate, where nothing else may. @returns false where another move came first. */
  async installRule(key: VersionKey, expected: number | null, reason: string): Promise<boolean> {
    const draft = { modelName: key.modelName, alias: CHAMPION, fromVersion: expected, toVersion: key.version } as const
    const moved = await this.aliases.move({ ...draft, action: 'ALIAS_SET', by: null, reason }, expected)
    if ('kind' in moved) return false
    await this.#tell(key.modelName)
    return true
  }

  /** @returns why the version cannot serve, or null; versions of lines that the platform does not serve may be anything. */
  misfit(version: RegisteredVersion): string | null {
    return this.#parts.served.get(version.modelName)?.misfit(version) ?? null
  }

  async #evidence(version: ServableVersion, championVersion: number | null): Promise<GateEvidence> {
    const { modelName } = version
    const line = this.#parts.served.get(modelName)
    const evaluation = await this.store.evaluation(version)
    const champion = championVersion === null ? null : { modelName, version: championVersion }
    const [serving] = champion ? await this.store.versions([champion]) : []
    const pairs = await this.shadows.pairs(version)
    const stepMs = line?.stepMs ?? DEFAULT_STEP_MS
    const beside = pairs.filter((pair) => pair.championVersion === championVersion)
    return {
      kind: version.manifest.kind ?? 'MODEL',
      evaluation,
      misfit: this.misfit(version),
      champion: serving
        ? { kind: serving.manifest.kind ?? 'MODEL', evaluation: await this.store.evaluation(serving) }
        : null,
      shadow: {
        againstChampion: pairedForecasts(beside, 'CHAMPION', stepMs),
        againstBaseline: pairedForecasts(pairs, 'BASELINE', stepMs),
      },
      probe: await probe(this.#parts.engine, version, evaluation?.sample ?? null),
      differenceAtUpload: version.manifest.metrics['trial.difference'] ?? null,
      live: line?.live() ?? new Map(),
    }
  }

  /** It is moved, whether anybody hears of it or not: whoever does not looks once a second. */
  async #tell(modelName: string): Promise<void> {
    this.#parts.onMoved?.()
    await this.#parts.cache.publish(ALIAS_CHANNEL, modelName).catch(() => {})
  }
}
