import { afterEach, expect, test, vi } from 'vitest'
import { RestartedWorker, type RestartedWorkerOptions } from './restarted-worker.ts'

// Threads start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000 })
const PATIENCE = { timeout: 40_000 }

let worker: RestartedWorker<string, string>
afterEach(() => worker.close())

/** @param script what the thread does with `port`. */
function threadOf(script: string, options: Partial<RestartedWorkerOptions<null>> = {}) {
  const source = `import { parentPort as port } from 'node:worker_threads'\n${script}`
  const file = new URL(`data:text/javascript,${encodeURIComponent(source)}`)
  worker = new RestartedWorker({ file, maxHeapMb: 32, ...options })
  return worker
}

const READY = `port.postMessage({ kind: 'READY', ready: null })`
const ECHO = `port.on('message', ({ id, request }) => {
  if (request === 'die') throw new Error('as it was told')
  if (request === 'fail') port.postMessage({ kind: 'FAILED', id, message: 'cannot' })
  else if (request !== 'nothing') port.postMessage({ kind: 'ANSWER', id, answer: request })
})`

test('a thread answers each request by its own answer', async () => {
  await threadOf(`${ECHO}\n${READY}`).start()
  const asked = ['a', 'fail', 'b'].map((request) => worker.ask(request, { timeoutMs: 30_000 }))
  expect(worker.inFlight).toBe(3)
  expect(await Promise.all(asked)).toEqual([
    { ok: true, value: 'a' },
    { ok: false, error: { kind: 'FAILED', message: 'cannot' } },
    { ok: true, value: 'b' },
  ])
})

test('one that dies by what it is asked refuses what it had in hand, and its successor answers', async () => {
  const lost: string[] = []
  await threadOf(`${ECHO}\n${READY}`, { onLost: (reason) => lost.push(reason) }).start()
  const asked = ['die', 'a'].map((request) => worker.ask(request, { timeoutMs: 30_000 }))
  expect(await Promise.all(asked)).toEqual([1, 2].map(() => ({ ok: false, error: { kind: 'AWAY' } })))
  expect(lost).toEqual(['as it was told'])
  await expect.poll(() => worker.isReady, PATIENCE).toBe(true)
  expect(await worker.ask('b', { timeoutMs: 30_000 })).toEqual({ ok: true, value: 'b' })
})

test('however often one dies by itself, there is a successor, and a close waits for none of the dead', async () => {
  const lost: string[] = []
  await threadOf(`${ECHO}\n${READY}`, { onLost: (reason) => lost.push(reason) }).start()
  for (const answer of ['a', 'b', 'c', 'd']) {
    expect(await worker.ask('die', { timeoutMs: 30_000 })).toEqual({ ok: false, error: { kind: 'AWAY' } })
    await expect.poll(() => worker.isReady, PATIENCE).toBe(true)
    expect(await worker.ask(answer, { timeoutMs: 30_000 })).toEqual({ ok: true, value: answer })
  }
  expect(lost).toHaveLength(4)
})

test('one that says nothing is replaced, and only what it was asked is refused as that', async () => {
  await threadOf(`${ECHO}\n${READY}`).start()
  const asked = [worker.ask('nothing', { timeoutMs: 20 }), worker.ask('nothing', { timeoutMs: 30_000 })]
  expect(await Promise.all(asked)).toEqual([
    { ok: false, error: { kind: 'TIMED_OUT', afterMs: 20 } },
    { ok: false, error: { kind: 'AWAY' } },
  ])
  await expect.poll(() => worker.isReady, PATIENCE).toBe(true)
})

test.each([
  ['never gets ready', 'setInterval(() => {}, 1000)', 'not ready within 300 ms'],
  ['says why it never will', `port.postMessage({ kind: 'FAILED', id: null, message: 'no file' })`, 'no file'],
  ['ends at once', `throw new Error('broken')`, 'broken'],
])('one that %s rejects the start, and none is started again', async (_, script, reason) => {
  const lost: string[] = []
  const startTimeoutMs = reason.startsWith('not ready') ? 300 : 50_000
  await expect(threadOf(script, { startTimeoutMs, onLost: (why) => lost.push(why) }).start()).rejects.toThrow(reason)
  expect(await worker.ask('a', { timeoutMs: 1_000 })).toEqual({ ok: false, error: { kind: 'AWAY' } })
  expect(lost).toEqual([])
})
