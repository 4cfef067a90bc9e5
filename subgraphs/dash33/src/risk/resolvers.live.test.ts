import { poolConfig } from '@opsource/database'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../../tests/support/database.ts'
import { TestExchange } from '../../../../tests/support/exchange.ts'

const ENGAGE = `mutation { setKillSwitch(input: { scope: VENUE, engaged: true, reason: "drill" }) { __typename } }`

test('a kill switch is answered though the record stands still', async () => {
  const database = await freshDatabase('dash33')
  const exchange = await TestExchange.start(database.url)
  const blocker = new Client(poolConfig(database.url))
  await blocker.connect()
  await blocker.query('BEGIN')
  await blocker.query('SELECT * FROM watermark FOR UPDATE')
  const answer = exchange.field('usr_operator', ENGAGE, {}, ['ADMIN'])
  const late = new Promise((resolve) => setTimeout(() => resolve('late'), 8_000))
  expect(await Promise.race([answer, late])).toEqual({ __typename: 'SettingChanged' })
  await blocker.end()
  await exchange.stop()
  await database.drop()
})
