// npm run reset: removes everything that `npm start` has kept. Refuses while it runs.
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { directoriesOf, findPostgres } from '@opsource/database'
import { claimDatabase } from '../apps/standalone/src/claim.ts'
import { readConfig } from '../apps/standalone/src/config.ts'
import { Refusal } from '../apps/standalone/src/refusal.ts'

async function reset(): Promise<string> {
  const { dataDirectory } = readConfig(process.argv.slice(2), process.env)
  if (!existsSync(dataDirectory)) return `nothing to clear: ${dataDirectory} does not exist`
  const postgres = path.join(dataDirectory, 'postgres')
  // A server that nobody claims was left by a start that was killed.
  const server = existsSync(postgres) ? findPostgres(postgres) : undefined
  if (server) {
    const claim = await claimDatabase(server.adminUrl)
    await claim.release()
    await server.stop()
  }
  for (const directory of [...directoriesOf(postgres), dataDirectory])
    rmSync(directory, { recursive: true, force: true })
  return `cleared ${dataDirectory}`
}

try {
  console.log(`✓ ${await reset()}`)
} catch (error) {
  const denied = error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')
  if (!(error instanceof Refusal) && !denied) throw error
  console.error(`✗ ${error.message}`)
  process.exitCode = 1
}
