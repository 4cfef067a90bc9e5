import { MemoryCache } from '@opsource/cache'
import { migrate } from '@opsource/database'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { openDatabase } from '../database.ts'
import { InferenceEngine } from '../inference/index.ts'
import { ModelRegistry, type ServedLine } from './model-registry.ts'

/**
 * The registry of a platform's database, brought to its newest schema, for a command that runs beside the platform and says itself what came of
 * its work. What it opens, `stack` closes.
 */
export async function openRegistry(
  url: string,
  served: ReadonlyMap<string, ServedLine>,
  stack: AsyncDisposableStack,
): Promise<{ registry: ModelRegistry; engine: InferenceEngine }> {
  await migrate('anya', url)
  const database = openDatabase(url)
  stack.defer(() => database.$disconnect())
  const log = pino({ level: 'silent' })
  const engine = new InferenceEngine({ observer: { ran() {}, refused() {}, restarted() {} }, log })
  stack.defer(() => engine.close())
  const cache = new MemoryCache({ clock: systemClock, log })
  stack.defer(() => cache.close())
  return { registry: new ModelRegistry({ database, clock: systemClock, engine, cache, served }), engine }
}
