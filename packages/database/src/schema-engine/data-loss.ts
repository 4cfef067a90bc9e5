import type { MigrationFeedback } from '@prisma/schema-engine-wasm'

interface Danger {
  readonly sign: RegExp
  /** @param name what the sign caught. */
  warning(name: string, table: string): string
}

const DANGERS: readonly Danger[] = [
  {
    sign: /^\s*(?:--.*\n)*\s*DROP TABLE ("[^;\s]+)/gm,
    warning: (name) => `You are about to drop the table ${name}. All its data will be lost.`,
  },
  {
    sign: /DROP COLUMN ("[^"]+")/g,
    warning: (name, table) =>
      `You are about to drop the column ${name} on the table ${table}. All its data will be lost.`,
  },
  {
    sign: /ALTER COLUMN ("[^"]+") SET DATA TYPE/g,
    warning: (name, table) =>
      `You are about to change the type of ${name} on the table ${table}: this may fail or lose data.`,
  },
  {
    sign: /ALTER COLUMN ("[^"]+") SET NOT NULL/g,
    warning: (name, table) =>
      `You are about to make ${name} on the table ${table} required: this fails if it holds NULLs.`,
  },
  {
    sign: /ADD COLUMN\s+("[^"]+") (?![^,]*DEFAULT)[^,]*NOT NULL/g,
    warning: (name, table) =>
      `Added the required column ${name} to the table ${table} without a default: this fails if the table is not empty.`,
  },
  { sign: /DROP TYPE ("[^"]+")/g, warning: (name) => `You are about to drop or replace the enum ${name}.` },
]

/** What a migration that `prisma migrate` wrote may lose: the engine's own evaluation fails in the WebAssembly build. */
export function warningsOf(sql: string): MigrationFeedback[] {
  return sql.split(/;\s*$/m).flatMap((statement, stepIndex) => {
    const table = /(?:ALTER|DROP) TABLE (?:ONLY )?("[^;\s]+)/.exec(statement)?.[1] ?? ''
    return DANGERS.flatMap(({ sign, warning }) =>
      [...statement.matchAll(sign)].map(([, name]) => ({ message: warning(name ?? '', table), stepIndex })),
    )
  })
}
