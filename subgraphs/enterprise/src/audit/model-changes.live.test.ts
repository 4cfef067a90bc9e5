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

it('who decides which model serves is in the audit log, once', async () => {
  const admin = await enterprise.logIn('admin')
  const promoted = newEvent(
    'model.alias-changed',
    {
      model: 'mid-direction',
      alias: 'champion',
      action: 'PROMOTED',
      fromVersion: 1,
      toVersion: 3,
      changedBy: admin.userId,
      reason: 'beats the rule',
      changedAt: new Date(clock.now()).toISOString(),
    },
    { source: 'anya', id: 'mdl_7', time: clock.now() },
  )
  await enterprise.ports.transport.publish([promoted])
  await enterprise.ports.transport.publish([promoted])
  const query = '{ auditLog(first: 100) { edges { node { action subject at actor { id } } } } }'
  const ofModels = async () => {
    const { data } = await enterprise.ask(query, {}, admin.accessToken)
    const nodes = data.auditLog.edges.map(({ node }: { node: { action: string } }) => node)
    return nodes.filter(({ action }: { action: string }) => action.startsWith('model.'))
  }
  await expect.poll(ofModels).toEqual([
    {
      action: 'model.promoted',
      subject: 'mid-direction champion 1 → 3: beats the rule',
      at: new Date(clock.now()).toISOString(),
      actor: { id: admin.userId },
    },
  ])
})
