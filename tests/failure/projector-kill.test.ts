import { expect, it } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { killProjector, projectedIn } from '../support/projector-kill.ts'

it('a projector that is killed at 60 random points projects everything once: the same rows and the same events as one that lived', async () => {
  const [killed, lived] = [await freshDatabase('dash33'), await freshDatabase('dash33')]
  expect(await killProjector(killed.url, 60, 33, 200)).toBeGreaterThanOrEqual(50)
  await killProjector(lived.url, 0, 33, 200)
  const projected = await projectedIn(killed.url)
  expect(projected).toEqual(await projectedIn(lived.url))
  expect(projected.differences).toBe(0)
  expect(projected.events.length).toBe(new Set(projected.events).size)
  expect(projected.checksums.find(({ table }) => table === 'trade')?.rows).toBeGreaterThan(100)
  await killed.drop()
  await lived.drop()
})
