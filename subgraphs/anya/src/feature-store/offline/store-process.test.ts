import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { StoreProcess } from './store-process.ts'

test('what was given up before it was asked is refused, and starts no process', async () => {
  const store = new StoreProcess({ store: tmpdir(), data: tmpdir() })
  const input = { view: 'bars_1h', entity: 'EUR-USD', range: { from: 0, to: 1 } }
  expect(await store.ask('newest', input, { signal: AbortSignal.abort() })).toMatchObject({
    error: { code: 'CANCELLED' },
  })
  expect(store.isRunning).toBe(false)
  await store.close()
})
