import { migrate } from '@opsource/database'
import { systemClock } from '@opsource/kernel'
import { openDatabase } from '../database.ts'
import { RegistryStore } from '../registry/index.ts'
import type { TrainedModel } from './run.ts'

/** Puts a model into the registry of a database. A file that is known there changes nothing. */
export async function register(
  url: string,
  { onnx, manifest }: Pick<TrainedModel, 'onnx' | 'manifest'>,
): Promise<{ version: number; isNew: boolean }> {
  await migrate('anya', url)
  const database = openDatabase(url)
  try {
    return await new RegistryStore(database, systemClock).register(onnx, manifest)
  } finally {
    await database.$disconnect()
  }
}
