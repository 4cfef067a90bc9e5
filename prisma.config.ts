import { fileURLToPath } from 'node:url'
import { defineConfig } from 'prisma/config'
import { domains, isDomain } from './packages/database/src/domain.ts'

// Prisma would download its schema engine; ours is the WebAssembly build, which npm delivers.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(new URL('tools/schema-engine', import.meta.url))
process.env.CHECKPOINT_DISABLE ??= '1'

const domain = process.env.PRISMA_DOMAIN
if (!isDomain(domain)) throw new Error(`PRISMA_DOMAIN must be one of ${domains.join(', ')}`)

/** Commands that need no database, such as generate, never look at it. */
function databaseUrl(): string {
  const url = new URL(process.env.DATABASE_URL ?? 'postgresql://127.0.0.1:5432/opsource')
  if (!url.searchParams.has('schema')) url.searchParams.set('schema', String(domain))
  return url.toString()
}

export default defineConfig({
  schema: `prisma/${domain}/schema.prisma`,
  migrations: { path: `prisma/${domain}/migrations` },
  datasource: { url: databaseUrl() },
})
