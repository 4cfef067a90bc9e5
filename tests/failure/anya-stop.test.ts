import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ManualClock } from '@opsource/kernel'
import type { Subgraph } from '@opsource/subgraph'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAnya } from '../../subgraphs/anya/src/index.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { HushedProxy } from '../support/hushed-proxy.ts'
import { type TestPorts, testPorts } from '../support/ports.ts'
import { until } from '../support/waiting.ts'

/** Requests in hand get 10 s, the database 5 s, the outbox 2 s; the rest is for a busy machine. A stop that hangs takes for ever. */
const STOPPED_WITHIN_MS = 60_000

let fresh: FreshDatabase
let proxy: HushedProxy
let ports: TestPorts
let folder: string
let anya: Subgraph
beforeEach(async () => {
  fresh = await freshDatabase('anya')
  proxy = await HushedProxy.before(fresh.url)
  folder = await mkdtemp(path.join(tmpdir(), 'opsource-anya-'))
  ports = testPorts({ databaseUrl: proxy.url(fresh.url), clock: new ManualClock(Date.UTC(2026, 0, 1)) })
  anya = await startAnya(ports, { symbols: ['BTC-USDT'], dataDirectory: folder, tickMs: 50 })
})
afterEach(async () => {
  await proxy?.close()
  await ports?.transport.close()
  await ports?.cache.close()
  await fresh?.drop()
  await rm(folder, { recursive: true, force: true })
})

test.each([
  ['that has nothing to do', async () => {}],
  [
    'that is being asked something',
    async () =>
      void anya.execute({ body: JSON.stringify({ query: '{ models { name } }' }), headers: {} }).catch(() => {}),
  ],
])('an analyst %s stops though its database says nothing any more', async (_, work) => {
  proxy.hush()
  await work()
  const startedAt = performance.now()
  await anya.stop()
  expect(performance.now() - startedAt).toBeLessThan(STOPPED_WITHIN_MS)
  await until('every connection to be closed', () => proxy.open === 0, STOPPED_WITHIN_MS)
})

test('an analyst stops though its database has gone', async () => {
  await proxy.close()
  await anya.stop()
})
