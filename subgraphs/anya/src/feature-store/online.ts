import type { Cache } from '@opsource/cache'
import type { Clock } from '@opsource/kernel'
import { z } from 'zod'
import type { KnownRow } from './rows.ts'
import { type FeatureView, versionOf } from './views/index.ts'

/** Beyond the maximum age, so that who asks hears that a value is old, and how old, rather than that there is none. */
const KEPT_BEYOND_AGE_MS = 24 * 3_600_000
/** Clocks of one installation differ by less; a value from further ahead was written before a clock was set back. */
export const CLOCK_TOLERANCE_MS = 2_000
/** Markets times views: what this process itself has written is remembered while the cache is away. */
const MAX_OWN = 1_000

const recordSchema = z.object({
  eventTime: z.number().int(),
  availableAt: z.number().int(),
  /** The float32s, little endian, in base64. */
  values: z.base64(),
})

/** `MISSING`: none is known. `STALE`: older than the view allows. `CLOCK_BEHIND`: it lies in the future. `UNAVAILABLE`: the cache is away. */
export type NoValueReason = 'MISSING' | 'STALE' | 'CLOCK_BEHIND' | 'UNAVAILABLE'

/** The newest features of an entity, or why there are none. */
export interface OnlineVector {
  readonly row: KnownRow | null
  /** What is known, also where it is not given. */
  readonly newest: Pick<KnownRow, 'eventTime' | 'availableAt'> | null
  readonly reason: NoValueReason | null
  /** Of the newest value that is known, given or not, in milliseconds; null where none is. */
  readonly ageMs: number | null
}

type ServedView = Pick<FeatureView<never>, 'name' | 'hash' | 'features' | 'maxAgeMs'>

/** What this process itself has written. */
interface Own {
  readonly view: ServedView
  readonly row: KnownRow
}

export interface OnlineObserver {
  onlineFailed(error: unknown): void
}

/** The newest row of each view and entity, in the cache that the instances share. */
export class OnlineStore {
  readonly #cache: Cache
  readonly #clock: Clock
  readonly #observer: OnlineObserver
  readonly #own = new Map<string, Own>()
  /** What the cache does not have, as it was away, or lost it. */
  readonly #unwritten = new Set<string>()
  #restoring: Promise<void> | null = null

  constructor(ports: { readonly cache: Cache; readonly clock: Clock }, observer: OnlineObserver) {
    this.#cache = ports.cache
    this.#clock = ports.clock
    this.#observer = observer
  }

  /**
   * A row that is not newer than the known one changes nothing. A cache that has come back, or has lost what was written, is given all
   * that this process knows: of hours the next row is an hour away.
   * @returns whether it was written.
   */
  async put(view: ServedView, entity: string, row: KnownRow): Promise<boolean> {
    const key = keyOf(view, entity)
    const before = this.#own.get(key)
    if (before && !isNewer(row, before.row) && !this.#isAhead(before.row)) return false
    this.#remember(key, { view, row })
    try {
      const { isWritten, known } = await this.#write(key, { view, row })
      if (before && !known) for (const one of this.#own.keys()) if (one !== key) this.#unwritten.add(one)
      this.#restore()
      return isWritten
    } catch (error) {
      this.#unwritten.add(key)
      this.#observer.onlineFailed(error)
      return false
    }
  }

  /** Never a value of another version, never one that is too old: then it says why. */
  async get(view: ServedView, entity: string): Promise<OnlineVector> {
    const key = keyOf(view, entity)
    const own = this.#own.get(key)?.row ?? null
    try {
      const known = read(await this.#cache.get(key), view)
      const newest = this.#newest(known, own)
      if (own && newest === own) this.#unwritten.add(key)
      this.#restore()
      return this.#judged(view, newest, 'MISSING')
    } catch (error) {
      this.#observer.onlineFailed(error)
      return this.#judged(view, own, 'UNAVAILABLE')
    }
  }

  /** Waits for what is written again. */
  async close(): Promise<void> {
    await this.#restoring
  }

  async #write(key: string, { view, row }: Own): Promise<{ isWritten: boolean; known: KnownRow | null }> {
    const known = read(await this.#cache.get(key), view)
    // What lies ahead of the clock was written before it was set back, and would hold its place until then.
    const isWritten = !known || isNewer(row, known) || this.#isAhead(known)
    if (isWritten) await this.#cache.set(key, written(row), { ttlMs: ttlOf(view) })
    this.#unwritten.delete(key)
    return { isWritten, known }
  }

  #restore(): void {
    if (this.#unwritten.size === 0) return
    this.#restoring ??= this.#writeAgain().finally(() => {
      this.#restoring = null
    })
  }

  async #writeAgain(): Promise<void> {
    try {
      for (const key of [...this.#unwritten]) {
        const own = this.#own.get(key)
        const isOfUse = own && !this.#isAhead(own.row) && this.#clock.now() - own.row.eventTime <= ttlOf(own.view)
        if (isOfUse) await this.#write(key, own)
        else this.#unwritten.delete(key)
      }
    } catch (error) {
      this.#observer.onlineFailed(error)
    }
  }

  /** What lies ahead of the clock stands behind what does not. */
  #newest(known: KnownRow | null, own: KnownRow | null): KnownRow | null {
    if (!known || !own) return known ?? own
    if (this.#isAhead(known) !== this.#isAhead(own)) return this.#isAhead(known) ? own : known
    return isNewer(own, known) ? own : known
  }

  #judged(view: ServedView, row: KnownRow | null, otherwise: NoValueReason): OnlineVector {
    if (!row) return { row: null, newest: null, reason: otherwise, ageMs: null }
    const ageMs = this.#clock.now() - row.eventTime
    const newest = { eventTime: row.eventTime, availableAt: row.availableAt }
    if (this.#isAhead(row)) return { row: null, newest, reason: 'CLOCK_BEHIND', ageMs }
    if (ageMs > view.maxAgeMs)
      return { row: null, newest, reason: otherwise === 'UNAVAILABLE' ? otherwise : 'STALE', ageMs }
    return { row, newest, reason: null, ageMs }
  }

  #isAhead({ eventTime }: KnownRow): boolean {
    return eventTime > this.#clock.now() + CLOCK_TOLERANCE_MS
  }

  #remember(key: string, own: Own): void {
    this.#own.delete(key)
    this.#own.set(key, own)
    const [oldest] = this.#own.keys()
    if (this.#own.size > MAX_OWN && oldest !== undefined) this.#own.delete(oldest)
  }
}

const isNewer = (a: KnownRow, b: KnownRow) =>
  a.eventTime > b.eventTime || (a.eventTime === b.eventTime && a.availableAt > b.availableAt)

const ttlOf = ({ maxAgeMs }: ServedView) => maxAgeMs + KEPT_BEYOND_AGE_MS

const keyOf = (view: ServedView, entity: string) => `anya:features:${view.name}:${versionOf(view)}:${entity}`

function written({ eventTime, availableAt, values }: KnownRow): string {
  const bytes = Buffer.alloc(values.length * Float32Array.BYTES_PER_ELEMENT)
  values.forEach((value, i) => {
    bytes.writeFloatLE(value, i * Float32Array.BYTES_PER_ELEMENT)
  })
  return JSON.stringify({ eventTime, availableAt, values: bytes.toString('base64') })
}

/** @returns null where nothing is there that this version could have written. */
function read(text: string | null, { features }: ServedView): KnownRow | null {
  if (text === null) return null
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return null
  }
  const record = recordSchema.safeParse(json)
  if (!record.success) return null
  const bytes = Buffer.from(record.data.values, 'base64')
  if (bytes.length !== features.length * Float32Array.BYTES_PER_ELEMENT) return null
  const values = Float32Array.from(features, (_, i) => bytes.readFloatLE(i * Float32Array.BYTES_PER_ELEMENT))
  return { eventTime: record.data.eventTime, availableAt: record.data.availableAt, values }
}
