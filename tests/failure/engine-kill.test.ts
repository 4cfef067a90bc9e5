import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { directoriesOf, type EmbeddedPostgres, migrate, prepareDatabase, startPostgres } from '@opsource/database'
import { expect, it } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { KillDrill } from '../support/kill-drill.ts'

const ENGINE_KILLS = 50
const SERVER_KILLS = 50
const RESTART_PATIENCE_MS = 60_000
const RESTART_RETRY_MS = 200

it(`an engine that is killed under load at ${ENGINE_KILLS} random points, a standby taking over each time, loses no acknowledged order, applies none twice, and conserves money`, async () => {
  const database = await freshDatabase('dash33')
  const report = await KillDrill.ofEngines(database.url, ENGINE_KILLS, 20)
  expect(report).toMatchObject({ lost: [], twice: [], unbalanced: [], equalHash: true })
  expect(report.acknowledged).toBeGreaterThan(2_000)
  expect(report.outagesMs).toHaveLength(ENGINE_KILLS)
  console.log('takeovers, ms:', report.outagesMs.toSorted((a, b) => a - b).join(' '))
  await database.drop()
})

it(`a PostgreSQL that is killed under the engine at ${SERVER_KILLS} random points takes no acknowledged order with it, and none happens twice`, async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'opsource-drill-'))
  let server = await startPostgres({ directory })
  try {
    const { dash33: url } = await prepareDatabase(server.adminUrl)
    await migrate('dash33', url)
    const report = await KillDrill.ofServer(url, SERVER_KILLS, 7, async () => {
      process.kill(server.pid, 'SIGKILL')
      server = await startAgain(directory)
    })
    expect(report).toMatchObject({ lost: [], twice: [], unbalanced: [], equalHash: true })
    expect(report.acknowledged).toBeGreaterThan(500)
  } finally {
    await server.stop()
    for (const each of directoriesOf(directory)) await rm(each, { recursive: true, force: true })
  }
})

/** A killed postmaster's sessions hold its memory for a moment. */
async function startAgain(directory: string): Promise<EmbeddedPostgres> {
  for (let waited = 0; ; waited += RESTART_RETRY_MS) {
    await sleep(RESTART_RETRY_MS)
    try {
      return await startPostgres({ directory })
    } catch (error) {
      if (waited > RESTART_PATIENCE_MS) throw error
    }
  }
}
