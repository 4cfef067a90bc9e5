import { EventEmitter } from 'node:events'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQueryable,
} from '@prisma/driver-adapter-utils'
import { Client, Pool, type PoolConfig } from 'pg'
import { poolConfig, quoted, schemaOf } from '../connection.ts'

const CHAR_OID = 18
const TEXT_OID = 25

/**
 * Gives the schema engine PostgreSQL sessions that behave as its native build's do, where adapter-pg differs:
 * one connection, so that the migration lock and the work share a session; a script runs as one statement list, so that
 * `$$` bodies survive and it is atomic; the catalogue's `"char"` is readable; the shadow database is not the main one.
 */
export class EngineSessions implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres'
  readonly adapterName = '@prisma/adapter-pg'
  readonly #config: PoolConfig
  readonly #schema: string
  readonly #pools = new Set<Pool>()

  constructor(url: string) {
    this.#config = { ...poolConfig(url, { max: 1 }), application_name: 'opsource-migrate' }
    this.#schema = schemaOf(url)
  }

  connect(): Promise<SqlDriverAdapter> {
    return this.#open(this.#config)
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`
    await this.#administer(`CREATE DATABASE ${quoted(database)}`)
    const drop = () => this.#administer(`DROP DATABASE IF EXISTS ${quoted(database)} WITH (FORCE)`)
    return this.#open({ ...this.#config, database }, drop)
  }

  /** The engine holds its session, and so the migration lock, until this. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools].map((pool) => pool.end()))
    this.#pools.clear()
  }

  async #open(config: PoolConfig, afterDispose?: () => Promise<void>): Promise<SqlDriverAdapter> {
    const pool = new Pool(config)
    this.#pools.add(pool)
    const columns = new CharColumns(pool)
    const adapter = await new PrismaPg(pool, { schema: this.#schema }).connect()
    columns.readIn(adapter)

    const begin = adapter.startTransaction.bind(adapter)
    adapter.startTransaction = async (level) => {
      const transaction = await begin(level)
      columns.readIn(transaction)
      return transaction
    }
    adapter.executeScript = async (script) => {
      await adapter.executeRaw({ sql: script, args: [], argTypes: [] })
    }
    const dispose = adapter.dispose.bind(adapter)
    adapter.dispose = async () => {
      await dispose()
      if (this.#pools.delete(pool)) await pool.end()
      await afterDispose?.()
    }
    return adapter
  }

  async #administer(sql: string): Promise<void> {
    const { options: _searchPath, ...config } = this.#config
    const client = new Client(config)
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
}

/** Answers columns of type `"char"`, which adapter-pg refuses, as characters. Relies on the pool's single connection. */
class CharColumns {
  #latest: number[] = []

  constructor(pool: Pool) {
    pool.on('connect', (client) => {
      const connection: unknown = Reflect.get(client, 'connection')
      if (!(connection instanceof EventEmitter)) throw new Error('this version of pg hides its connection')
      connection.on('rowDescription', (message: { fields: { dataTypeID: number }[] }) => {
        this.#latest = message.fields.flatMap((field, index) => (field.dataTypeID === CHAR_OID ? [index] : []))
        for (const index of this.#latest) message.fields[index]!.dataTypeID = TEXT_OID
      })
    })
  }

  readIn(queryable: SqlQueryable): void {
    const query = queryable.queryRaw.bind(queryable)
    queryable.queryRaw = async (sql) => {
      this.#latest = []
      const result = await query(sql)
      for (const index of this.#latest) result.columnTypes[index] = ColumnTypeEnum.Character
      return result
    }
  }
}
