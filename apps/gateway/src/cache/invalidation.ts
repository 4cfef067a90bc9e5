import { type EventType, parseEvent, type Transport } from '@opsource/bus'
import type { Cache } from '@opsource/cache'
import type { Logger } from 'pino'

/** Which types' answers a domain event makes old. What changes with every trade is not here: a second's age is its bound. */
const OUTDATED = {
  'venue.setting-changed': ['Market', 'MarketRules', 'FeeTier'],
  'prediction.made': ['Prediction', 'Model'],
  'model.alias-changed': ['Model', 'ModelVersion'],
  'user.registered': ['User'],
  'user.changed': ['User'],
} as const satisfies Partial<Record<EventType, readonly string[]>>

const TYPES = ['FeeTier', 'Market', 'MarketRules', 'Model', 'ModelVersion', 'Prediction', 'User']
const EVENTS = [
  'venue.setting-changed',
  'prediction.made',
  'model.alias-changed',
  'user.registered',
  'user.changed',
] as const

/** Longer than any answer is kept: an entry never outlives the knowledge that it is old. */
const KEEP_MS = 24 * 3_600_000

/**
 * What makes kept answers old before their time, the same on every gateway: by type, the id of the last domain event that concerned it. An
 * answer keeps the ids that it was executed under, and counts while they are still the last.
 */
export class Invalidations {
  readonly #cache: Cache
  readonly #log: Logger
  readonly #last = new Map<string, string>()

  private constructor(cache: Cache, log: Logger) {
    this.#cache = cache
    this.#log = log
  }

  /** Follows the domain events. @returns it, and what ends that. */
  static async follow({
    cache,
    transport,
    log,
  }: {
    cache: Cache
    transport: Transport
    log: Logger
  }): Promise<{ invalidations: Invalidations; unfollow: () => Promise<void> }> {
    const invalidations = new Invalidations(cache, log)
    const heard = await transport.listen(EVENTS, async (events) => {
      for (const event of events) {
        const { type, id } = parseEvent(event, EVENTS)
        await invalidations.outdate(OUTDATED[type], id)
      }
    })
    await invalidations.#recall()
    return { invalidations, unfollow: () => heard.close() }
  }

  /** @returns what an answer that may hold these types is executed under. */
  versionOf(types: ReadonlySet<string>): string {
    return TYPES.filter((type) => types.has(type))
      .map((type) => this.#last.get(type) ?? '')
      .join(';')
  }

  async outdate(types: readonly string[], event: string): Promise<void> {
    for (const type of types) this.#last.set(type, event)
    try {
      await Promise.all(types.map((type) => this.#cache.set(keyOf(type), event, { ttlMs: KEEP_MS })))
    } catch (error) {
      // Entries of other gateways are no more reachable than this; those who start meanwhile find none of them.
      this.#log.warn(
        { reason: error instanceof Error ? error.message : String(error), types },
        'the invalidation is not shared',
      )
    }
  }

  /** A gateway that starts takes up what the others know. */
  async #recall(): Promise<void> {
    await Promise.all(
      TYPES.map(async (type) => {
        const event = await this.#cache.get(keyOf(type)).catch(() => null)
        // What came over the transport meanwhile is newer.
        if (!this.#last.has(type)) this.#last.set(type, event ?? '')
      }),
    )
  }
}

function keyOf(type: string): string {
  return `gateway:outdated:${type}`
}
