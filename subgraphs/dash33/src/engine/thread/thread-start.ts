import { Worker } from 'node:worker_threads'
import { poolConfig } from '@opsource/database'
import type { Random } from '@opsource/kernel'
import type { JournalOptions } from '../client.ts'
import type { EngineThreadData, Handover } from './protocol.ts'

const ORIGIN_BYTES = 6
/** A batch's events and answers are garbage once they are sent: in a nursery of the default size they are copied around first. */
const YOUNG_GENERATION_MB = 192

/** A number of its own for a process's submissions: 48 bits, and never 0. */
export function newOrigin(random: Random): number {
  return 1 + random.bytes(ORIGIN_BYTES).reduce((number, byte) => number * 256 + byte, 0)
}

export function startThread(
  options: JournalOptions,
  start: { readonly origin: number; readonly handover: Handover | null; readonly epoch: number | null },
): Worker {
  const data: EngineThreadData = { database: poolConfig(options.databaseUrl), keep: options.keep, ...start }
  return new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: data,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  })
}
