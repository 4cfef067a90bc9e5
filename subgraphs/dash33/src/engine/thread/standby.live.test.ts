import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock, systemRandom } from '@opsource/kernel'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { nthOrder, opening } from '../../../../../tests/support/engine.ts'
import { EngineChild } from '../../../../../tests/support/engine-child.ts'
import { KillDrill } from '../../../../../tests/support/kill-drill.ts'
import { endLeadingSession } from '../../../../../tests/support/leading-session.ts'
import { followEngine } from '../client.ts'

/** A standby polls 20 times a second; the rest is for the machine. */
const TAKEOVER_LIMIT_MS = 3_000

let database: FreshDatabase
beforeEach(async () => {
  database = await freshDatabase('dash33')
})
afterEach(() => database.drop())

it('a standby takes the place of an engine that is killed under load: no acknowledged order is lost, none applied twice', async () => {
  const report = await KillDrill.ofEngines(database.url, 2, 33)
  expect(report).toMatchObject({ lost: [], twice: [], unbalanced: [], equalHash: true })
  expect(report.acknowledged).toBeGreaterThan(100)
  expect(report.outagesMs).toHaveLength(2)
  expect(Math.max(...report.outagesMs)).toBeLessThan(TAKEOVER_LIMIT_MS)
})

it('of two that start at once one leads, and the other says in one line why it does not', async () => {
  const [one, two] = [new EngineChild(database.url, 'lead'), new EngineChild(database.url, 'lead')]
  const failure = await Promise.any([one.said('FAILED'), two.said('FAILED')])
  expect(failure).toBe('another engine holds the journal; one started with --standby would wait for its place')
  const leaders = await Promise.allSettled([one.said('LEADS'), two.said('LEADS')])
  expect(leaders.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  for (const each of [one, two]) each.kill()
  await Promise.all([one.exited, two.exited])
})

it('a leader that loses its lock to the standby is fenced: it answers that it cannot, and ends', async () => {
  const leader = new EngineChild(database.url, 'lead')
  await leader.said('LEADS')
  await leader.ask('OPEN')
  const standby = new EngineChild(database.url, 'standby')
  await standby.said('WARM')
  const before = await leader.order(1)
  await endLeadingSession(database.url)
  await standby.said('LEADS')
  expect(await standby.order(1)).toEqual(before)
  expect(await leader.order(2)).not.toHaveProperty('orderId')
  expect(await leader.exited).toBe(3)
  standby.kill()
  await standby.exited
}, 30_000)

it('a standby that loses its session between the lock and its start takes the lock again', async () => {
  const log = pino({ level: 'silent' })
  const journal = { databaseUrl: database.url, keep: 'ALL' as const, clock: systemClock, random: systemRandom, log }
  const standby = followEngine(journal)
  await standby.leads()
  await endLeadingSession(database.url)
  await sleep(500)
  const engine = await standby.start({ ...journal, projectedThrough: 0, onBatch: () => undefined })
  const acks = await engine.submit([...opening, nthOrder(1)])
  expect(acks.at(-1)).toMatchObject({ kind: 'PLACED' })
  await engine.close()
})
