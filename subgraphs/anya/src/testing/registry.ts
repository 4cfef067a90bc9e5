import { MemoryCache } from '@opsource/cache'
import type { Clock } from '@opsource/kernel'
import { pino } from 'pino'
import type { Database } from '../database.ts'
import { InferenceEngine } from '../inference/index.ts'
import { DIRECTION_MODEL, directionLine } from '../prediction/index.ts'
import { ModelRegistry } from '../registry/index.ts'

const log = pino({ level: 'silent' })

export interface OpenRegistry {
  readonly registry: ModelRegistry
  readonly engine: InferenceEngine
  readonly cache: MemoryCache
  close(): Promise<void>
}

export interface RegistrySurroundings {
  readonly live?: Map<string, Float32Array>
  readonly onUnstable?: (id: string) => void
  /** Told of each thread that is started again. */
  readonly onRestarted?: () => void
}

/** A registry as the analyst opens it, without the rest of the analyst. */
export function openRegistry(database: Database, clock: Clock, given: RegistrySurroundings = {}): OpenRegistry {
  const { live = new Map(), onUnstable = () => {}, onRestarted = () => {} } = given
  const observer = { ran: () => {}, refused: () => {}, restarted: onRestarted }
  const engine = new InferenceEngine({ observer, log, onUnstable })
  const cache = new MemoryCache({ clock, log })
  const served = new Map([[DIRECTION_MODEL, directionLine(1_000, () => live)]])
  return {
    registry: new ModelRegistry({ database, clock, engine, cache, served }),
    engine,
    cache,
    close: async () => void (await Promise.all([engine.close(), cache.close()])),
  }
}
