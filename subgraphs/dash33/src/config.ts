import path from 'node:path'
import { parseArgs } from 'node:util'
import { type Environment, parseEnvironment, type ServiceConfig, serviceSchema } from '@opsource/subgraph/service'
import { z } from 'zod'
import type { JournalKeep } from './engine/client.ts'
import type { OfflineDatabase } from './offline-database.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../../..')
const DEFAULT_PORT = 4101
const USAGE = 'usage: npm run dash33 -- [--standby]'

const variables = {
  /** A service of its own keeps all of it: the journal is the truth, and rebuilds and replays need it. */
  DASH33_JOURNAL: z.enum(['ALL', 'SNAPSHOTS']).default('ALL'),
}

export interface Dash33Config extends ServiceConfig {
  readonly DASH33_JOURNAL: JournalKeep
  /** Follow another engine and take over when it is gone, rather than lead at once. */
  readonly standby: boolean
}

/** Throws, naming the variable or the argument, where one cannot be read. */
export function readConfig(
  environment: Environment = process.env,
  args: readonly string[] = process.argv.slice(2),
): Dash33Config {
  return { ...parseEnvironment(serviceSchema(DEFAULT_PORT).extend(variables), environment), ...flagsOf(args) }
}

const offlineSchema = z.object({
  /** An administrator's URL or the domain's own (`?schema=dash33`). Without it: the embedded PostgreSQL of `npm start`. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Where `npm start` keeps its data. */
  OPSOURCE_DATA: z.string().default(path.join(REPOSITORY, '.data')),
})

/** For tools that run beside the exchange. @throws naming the variable that cannot be read. */
export function readOfflineConfig(environment: Environment = process.env): OfflineDatabase {
  const { DATABASE_URL, OPSOURCE_DATA } = parseEnvironment(offlineSchema, environment)
  return { databaseUrl: DATABASE_URL, dataDirectory: path.resolve(OPSOURCE_DATA) }
}

function flagsOf(args: readonly string[]): { readonly standby: boolean } {
  try {
    return parseArgs({ args: [...args], options: { standby: { type: 'boolean', default: false } } }).values
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}; ${USAGE}`)
  }
}
