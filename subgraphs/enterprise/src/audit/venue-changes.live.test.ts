import { newEvent } from '@opsource/bus'
import { ManualClock } from '@opsource/kernel'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { testPorts } from '../../../../tests/support/ports.ts'
import { type RunningEnterprise, runEnterprise } from '../testing/enterprise.ts'

let database: FreshDatabase
let enterprise: RunningEnterprise
const clock = new ManualClock(1_750_000_000_000)

beforeAll(async () => {
  database = await freshDatabase('enterprise')
  enterprise = await runEnterprise(testPorts({ databaseUrl: database.url, clock }), clock)
})
afterAll(async () => {
  await enterprise.stop()
  await database.drop()
})

it('who changes how the exchange works is in the audit log, once', async () => {
  const admin = await enterprise.logIn('admin')
  const halted = newEvent(
    'venue.setting-changed',
    {
      engineSequence: 812,
      setting: 'KILL_SWITCH',
      target: 'BTC-USDT',
      before: '{"scope":"MARKET","engaged":false}',
      after: '{"scope":"MARKET","engaged":true}',
      changedBy: admin.userId,
      reason: 'fat finger',
      changedAt: new Date(clock.now()).toISOString(),
    },
    { source: 'dash33', id: 'set_812', time: clock.now() },
  )
  await enterprise.ports.transport.publish([halted])
  await enterprise.ports.transport.publish([halted])
  const query = '{ auditLog(first: 1) { edges { node { action subject at actor { id } } } } }'
  const newest = async () => (await enterprise.ask(query, {}, admin.accessToken)).data.auditLog.edges[0].node
  await expect.poll(newest).toEqual({
    action: 'venue.kill_switch_set',
    subject: 'BTC-USDT (command 812): fat finger',
    at: new Date(clock.now()).toISOString(),
    actor: { id: admin.userId },
  })
  const all = await enterprise.ask('{ auditLog(first: 100) { edges { node { action } } } }', {}, admin.accessToken)
  const actions = all.data.auditLog.edges.map(({ node }: { node: { action: string } }) => node.action)
  expect(actions.filter((action: string) => action === 'venue.kill_switch_set')).toHaveLength(1)
})
