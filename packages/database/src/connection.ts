import type { Duplex } from 'node:stream'
import { PrismaPg } from '@prisma/adapter-pg'
import type { PoolConfig } from 'pg'
import { parse } from 'pg-connection-string'

/** Connections per pool: past the cores of one machine more of them only queue inside PostgreSQL. */
const DEFAULT_POOL_CONNECTIONS = 10
/** Parameters that Prisma reads from a URL and PostgreSQL does not know. */
const PRISMA_PARAMETERS = ['schema', 'connection_limit', 'pool_timeout', 'pgbouncer']

export interface PoolLimits {
  /** Most connections at a time. */
  readonly max?: number
  /** For a connection, and for a turn at one; without an end unless told. */
  readonly connectTimeoutMs?: number
  /** For a statement, kept by the server; without an end unless told. */
  readonly statementTimeoutMs?: number
  /** For an answer, kept here, where the server may be gone; without an end unless told. */
  readonly answerTimeoutMs?: number
  /** The sockets to use; plain ones unless told. */
  readonly stream?: () => Duplex
}

/** @returns the PostgreSQL schema that `?schema=` names, `public` without it. */
export function schemaOf(url: string): string {
  return new URL(url).searchParams.get('schema') ?? 'public'
}

/**
 * What `pg` needs to work on the schema that the URL's `?schema=` names, through the session's search path.
 * Fields are discrete: beside a connection string `pg` would ignore an overriding `database`.
 */
export function poolConfig(url: string, limits: PoolLimits = {}): PoolConfig {
  const plain = new URL(url)
  for (const name of PRISMA_PARAMETERS) plain.searchParams.delete(name)
  const { host, port, user, password, database, ssl, options } = parse(plain.toString())
  const searchPath = `-c search_path=${schemaOf(url).replace(/[\\ ]/g, '\\$&')}`
  return {
    ...(host ? { host } : {}),
    port: port ? Number(port) : 5432,
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
    ...(database ? { database } : {}),
    ...(typeof ssl === 'boolean' || ssl === undefined ? (ssl ? { ssl } : {}) : { ssl: tlsOptions(ssl) }),
    options: options ? `${options} ${searchPath}` : searchPath,
    max: limits.max ?? DEFAULT_POOL_CONNECTIONS,
    ...(limits.connectTimeoutMs ? { connectionTimeoutMillis: limits.connectTimeoutMs } : {}),
    ...(limits.statementTimeoutMs ? { statement_timeout: limits.statementTimeoutMs } : {}),
    ...(limits.answerTimeoutMs ? { query_timeout: limits.answerTimeoutMs } : {}),
    ...(limits.stream ? { stream: limits.stream } : {}),
  }
}

function tlsOptions(ssl: unknown): NonNullable<Exclude<PoolConfig['ssl'], boolean>> {
  return typeof ssl === 'object' && ssl !== null ? { ...ssl } : {}
}

/** The driver adapter for a domain's `PrismaClient`. */
export function prismaAdapter(url: string, limits: PoolLimits = {}): PrismaPg {
  return new PrismaPg(poolConfig(url, limits), { schema: schemaOf(url) })
}

/** Names a PostgreSQL identifier safely inside SQL text. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
