import { type CloudEvent, newEvent } from '@opsource/bus'
import { ManualClock } from '@opsource/kernel'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { testPorts } from '../../../../tests/support/ports.ts'
import { type RunningEnterprise, runEnterprise } from '../testing/enterprise.ts'

let database: FreshDatabase
let enterprise: RunningEnterprise
let admin: Awaited<ReturnType<RunningEnterprise['logIn']>>
const clock = new ManualClock(1_750_000_000_000)
const at = new Date(clock.now()).toISOString()

beforeAll(async () => {
  database = await freshDatabase('enterprise')
  enterprise = await runEnterprise(testPorts({ databaseUrl: database.url, clock }), clock)
  admin = await enterprise.logIn('admin')
})
afterAll(async () => {
  await enterprise?.stop()
  await database?.drop()
})

const tellTwice = async (event: CloudEvent) => {
  await enterprise.ports.transport.publish([event])
  await enterprise.ports.transport.publish([event])
}

/** What the audit log has of the actions whose names begin so, newest first. */
const logged = async (prefix: string) => {
  const query = '{ auditLog(first: 100) { edges { node { action subject at actor { id } } } } }'
  const { data } = await enterprise.ask(query, {}, admin.accessToken)
  const nodes = data.auditLog.edges.map(({ node }: { node: { action: string } }) => node)
  return nodes.filter(({ action }: { action: string }) => action.startsWith(prefix))
}

it('who changes how the exchange works is in the audit log, once', async () => {
  const change = {
    ...({ engineSequence: 812, setting: 'KILL_SWITCH', target: 'BTC-USDT', reason: 'fat finger' } as const),
    before: '{"scope":"MARKET","engaged":false}',
    after: '{"scope":"MARKET","engaged":true}',
    ...{ changedBy: admin.userId, changedAt: at },
  }
  await tellTwice(newEvent('venue.setting-changed', change, { source: 'dash33', id: 'set_812', time: clock.now() }))
  await expect
    .poll(() => logged('venue.'))
    .toEqual([
      {
        action: 'venue.kill_switch_set',
        subject: 'BTC-USDT (command 812): fat finger',
        at,
        actor: { id: admin.userId },
      },
    ])
})

it('who decides which model serves is in the audit log, once', async () => {
  const change = {
    ...({ model: 'mid-direction', alias: 'champion', action: 'PROMOTED', fromVersion: 1, toVersion: 3 } as const),
    ...{ reason: 'beats the rule', changedBy: admin.userId, changedAt: at },
  }
  await tellTwice(newEvent('model.alias-changed', change, { source: 'anya', id: 'mdl_7', time: clock.now() }))
  await expect
    .poll(() => logged('model.'))
    .toEqual([
      {
        action: 'model.promoted',
        subject: 'mid-direction champion 1 → 3: beats the rule',
        at,
        actor: { id: admin.userId },
      },
    ])
})
