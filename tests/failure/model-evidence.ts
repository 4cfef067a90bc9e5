import { readdir } from 'node:fs/promises'
import type { Client } from 'pg'

const TABLES = ['model', 'model_version', 'model_version_tag', 'model_alias', 'model_transition'] as const

/** @returns all that a model could leave half done: in the registry's tables and names, among trainings, and in files. */
export async function modelEvidence(admin: Client, folder: string) {
  const rowsOf = async (query: string) => (await admin.query<{ row: string }>(query)).rows.map(({ row }) => row)
  const registry: Record<string, string[]> = {}
  for (const table of TABLES)
    registry[table] = await rowsOf(`SELECT md5(t::text) AS row FROM anya.${table} AS t ORDER BY 1`)
  // But for the word of the feature store's writer that it lives, which is written anew every ten seconds.
  const isLeft = (file: string) => /^training.|\.tmp$/.test(file) && !/\.writer\.[^/]*\.tmp$/.test(file)
  const written = (await readdir(folder, { recursive: true })).filter(isLeft)
  return { registry, open: await rowsOf('SELECT id AS row FROM anya.training_run WHERE ended_at IS NULL'), written }
}
