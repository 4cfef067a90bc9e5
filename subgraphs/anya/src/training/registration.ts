import { migrate } from '@opsource/database'
import { systemClock } from '@opsource/kernel'
import { openDatabase } from '../database.ts'
import { INPUT, OUTPUT } from '../onnx/writer.ts'
import { type Registration, RegistryStore } from '../registry/index.ts'
import type { Candidate } from './recipe.ts'

/** Puts a model into the registry of a database. A file that is known there changes nothing. */
export async function register(url: string, candidate: Candidate): Promise<{ version: number; isNew: boolean }> {
  await migrate('anya', url)
  const database = openDatabase(url)
  try {
    return await new RegistryStore(database, systemClock).register(
      candidate.onnx,
      candidate.manifest,
      registrationOf(candidate),
    )
  } finally {
    await database.$disconnect()
  }
}

/** What goes into the registry beside file and manifest. */
export function registrationOf({ sample, evaluation }: Candidate): Registration {
  const outputs = sample.expected.length / (sample.rows.length / sample.width)
  const signature = { input: { name: INPUT, tail: [sample.width] }, output: { name: OUTPUT, tail: [outputs] } }
  return evaluation ? { signature, evaluation } : { signature }
}
