import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { STANDARD_LIMITS } from './limits.ts'
import { findProfiles } from './store.ts'

let fresh: FreshDatabase
let database: Database

beforeEach(async () => {
  fresh = await freshDatabase('dash33')
  database = openDatabase(fresh.url, pino({ level: 'silent' }))
})

afterEach(async () => {
  await database.close()
  await fresh.drop()
})

test('a profile that says nothing about all markets shows what holds there: the standard limits as they are set', async () => {
  const { prisma } = database
  const limitsOf = async () =>
    new Map((await findProfiles(prisma)).map(({ name, limits }) => [name, Object.fromEntries(limits)])).get('small')
  const set = (profile: string, symbol: string, maxOpenOrders: number, engineSequence: bigint) =>
    prisma.riskLimit.create({ data: { profile, symbol, maxOpenOrders, engineSequence } })
  await set('small', 'BTC-USDT', 3, 1n)
  expect(await limitsOf()).toEqual({
    '': STANDARD_LIMITS,
    'BTC-USDT': expect.objectContaining({ maxOpenOrders: 3, maxExposure: null }),
  })
  await set('standard', '', 70, 2n)
  expect(await limitsOf()).toMatchObject({ '': { maxOpenOrders: 70 } })
})
