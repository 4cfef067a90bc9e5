export { type PoolLimits, poolConfig, prismaAdapter, quoted, schemaOf } from './connection.ts'
export { type Domain, domains, isDomain } from './domain.ts'
export {
  directoriesOf,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  findPostgres,
  startPostgres,
} from './embedded/server.ts'
export { MigrationRefused, migrate } from './migrate.ts'
export { onPlatformDatabase, type PlatformPlace } from './platform.ts'
export { type DomainUrls, prepareDatabase } from './roles.ts'
export { LOCKFILE, nextMigration } from './schema-engine/difference.ts'
export { migrationsDirectory, schemaFile } from './schema-engine/history.ts'
