import { expect, it } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { killEngine } from '../support/engine-kill.ts'

it('an engine that is killed under load at 20 random points loses no acknowledged order, applies none twice, and conserves money', async () => {
  const database = await freshDatabase('dash33')
  const report = await killEngine(database.url, 20, 20)
  expect(report).toMatchObject({ lost: [], unequal: 0, unbalanced: [] })
  expect(report.acknowledged).toBeGreaterThan(2_000)
  await database.drop()
})
