import { expect, it } from 'vitest'
import { freshDatabase } from '../../../../../tests/support/database.ts'
import { killEngine } from '../../../../../tests/support/engine-kill.ts'

it('an engine that is killed under load loses no acknowledged order, twice', async () => {
  const database = await freshDatabase('dash33')
  const report = await killEngine(database.url, 2, 33)
  expect(report).toMatchObject({ lost: [], unequal: 0, unbalanced: [] })
  expect(report.acknowledged).toBeGreaterThan(100)
  await database.drop()
})
