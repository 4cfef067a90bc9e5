import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { accepted } from '../../../../tests/support/engine-events.ts'
import type { EngineBatch } from '../engine/events.ts'
import { projectionMetrics } from './observe.ts'
import { type BatchWriter, MAX_EVENTS_PER_WRITE, Projector, WatermarkMoved } from './projector.ts'

const batch = (firstSequence: number, lastSequence = firstSequence): EngineBatch => ({
  firstSequence,
  lastSequence,
  time: 0,
  events: [],
  levels: [],
  resting: [],
  balances: [],
  holds: [],
})

/** Longer than any test takes. */
const HOUR_MS = 3_600_000

function projecting(write: BatchWriter, { watermark = 0, durableEveryMs = HOUR_MS } = {}) {
  const projected: number[] = []
  const durable: number[] = []
  const projector = new Projector({
    watermark,
    write,
    onProjected: (sequence) => projected.push(sequence),
    onDurable: (sequence) => durable.push(sequence),
    log: pino({ level: 'silent' }),
    metrics: projectionMetrics(new Registry()),
    durableEveryMs,
  })
  return { projector, projected, durable }
}

test('batches that come together are written together, in order, behind the watermark before them', async () => {
  const writes: [number, number[]][] = []
  const { projector, projected } = projecting(
    async (batches, after) => {
      writes.push([after, batches.map((each) => each.lastSequence)])
    },
    { watermark: 4 },
  )
  projector.take(batch(3, 4))
  projector.take(batch(5, 7))
  projector.take(batch(5, 7))
  projector.take(batch(8))
  await projector.caughtUp()
  projector.take(batch(9))
  await projector.reached(9)
  expect(writes).toEqual([
    [4, [7, 8]],
    [8, [9]],
  ])
  expect(projected).toEqual([8, 9])
})

test('while whole transactions’ worth waits they are written one behind the other; what is left waits for more to come', async () => {
  const full = Array.from({ length: MAX_EVENTS_PER_WRITE }, (_, i) => accepted(`ord_${i}`))
  const writes: number[][] = []
  const { projector } = projecting(async (batches) => {
    writes.push(batches.map((each) => each.lastSequence))
  })
  for (const sequence of [1, 2, 3]) projector.take({ ...batch(sequence), events: full })
  await projector.reached(1)
  for (let turns = 0; turns < 10; turns++) await turn()
  expect(writes).toEqual([[1], [2]])
  await projector.caughtUp()
  expect(writes).toEqual([[1], [2], [3]])
})

test('a write that fails is made again with the same batches, and until then nothing is ready', async () => {
  let attempts = 0
  const { projector } = projecting(async () => {
    if (attempts++ === 0) throw new Error('the database is away')
  })
  projector.take(batch(1))
  await expect.poll(() => attempts).toBe(1)
  expect(() => projector.assertRunning()).toThrow('projections cannot be written')
  await projector.reached(1)
  expect(attempts).toBe(2)
  projector.assertRunning()
})

test('a write whose answer was lost is made again as it was, and not with what has come since', async () => {
  const writes: [number, number[]][] = []
  const { projector } = projecting(async (batches, after) => {
    writes.push([after, batches.map((each) => each.lastSequence)])
    if (writes.length > 1) return
    projector.take(batch(2))
    throw new Error('the connection was lost')
  })
  projector.take(batch(1))
  await projector.reached(2)
  expect(writes).toEqual([
    [0, [1]],
    [0, [1]],
    [1, [2]],
  ])
})

test('a record that was set back stops projecting rather than leaving a hole', async () => {
  const { projector } = projecting(async () => {
    throw new WatermarkMoved(0, 1)
  })
  projector.take(batch(1))
  await expect(projector.reached(1)).rejects.toThrow('not at 1')
  expect(() => projector.assertRunning()).toThrow('not at 1')
})

/** A database that answers before its disk does, and may forget what is not on it. */
class ForgetfulRecord {
  stored: number[] = []
  #safe = 0
  readonly durabilities: string[] = []

  readonly write: BatchWriter = async (batches, after, durability = 'NOW') => {
    const at = this.stored.at(-1) ?? 0
    if (at < after) throw new WatermarkMoved(at, after)
    this.durabilities.push(durability)
    this.stored.push(...batches.map((each) => each.lastSequence).filter((sequence) => sequence > at))
    if (durability === 'NOW') this.#safe = this.stored.length
  }

  crash(): void {
    this.stored = this.stored.slice(0, this.#safe)
  }
}

test('what a database that crashes has forgotten is written again, and what comes later after it', async () => {
  const record = new ForgetfulRecord()
  const { projector, durable } = projecting(record.write)
  for (const sequence of [1, 2, 3]) {
    projector.take(batch(sequence))
    await projector.reached(sequence)
  }
  expect(record.durabilities).toEqual(['NOW', 'SOON', 'SOON'])
  expect(durable).toEqual([1])
  record.crash()
  expect(record.stored).toEqual([1])
  projector.take(batch(4))
  await projector.reached(4)
  expect(record.stored).toEqual([1, 2, 3, 4])
  projector.assertRunning()
})

test('a record that was set back further than a crash can take it stops projecting', async () => {
  const record = new ForgetfulRecord()
  const { projector } = projecting(record.write)
  projector.take(batch(1))
  await projector.reached(1)
  record.stored = []
  projector.take(batch(2))
  await expect(projector.reached(2)).rejects.toThrow('at 0, not at 1')
})

test('before too many commands could be forgotten a write waits for the disk', async () => {
  const record = new ForgetfulRecord()
  const { projector, durable } = projecting(record.write)
  projector.take(batch(1))
  await projector.reached(1)
  projector.take(batch(2, 10_001))
  await projector.reached(10_001)
  projector.take(batch(10_002))
  await projector.reached(10_002)
  expect(record.durabilities).toEqual(['NOW', 'SOON', 'NOW'])
  expect(durable).toEqual([1, 10_002])
})

test.each([true, false])(
  'closing leaves nothing that could be forgotten, whether or not all is written: %s',
  async (isWritten) => {
    const record = new ForgetfulRecord()
    const { projector } = projecting(record.write)
    projector.take(batch(1))
    await projector.reached(1)
    projector.take(batch(2))
    if (isWritten) await projector.reached(2)
    await projector.close()
    record.crash()
    expect(record.stored).toEqual([1, 2])
  },
)

test.each([true, false])(
  'where nothing follows, what is written is on the disk soon all the same, though the database crashed: %s',
  async (hasCrashed) => {
    const record = new ForgetfulRecord()
    const { projector, durable } = projecting(record.write, { durableEveryMs: 500 })
    for (const sequence of [1, 2]) {
      projector.take(batch(sequence))
      await projector.reached(sequence)
    }
    if (hasCrashed) record.crash()
    await expect.poll(() => durable, { timeout: 40_000 }).toEqual([1, 2])
    record.crash()
    expect(record.stored).toEqual([1, 2])
    projector.take(batch(3))
    await projector.reached(3)
    expect(record.stored).toEqual([1, 2, 3])
  },
)

test('a hole in the engine’s sequence stops projecting rather than skipping', async () => {
  const { projector } = projecting(async () => {})
  projector.take(batch(1))
  projector.take(batch(3))
  await expect(projector.reached(3)).rejects.toThrow('handed out 3 after 1')
})

test('closing writes what was taken', async () => {
  const written: number[] = []
  const { projector } = projecting(async (batches) => {
    written.push(...batches.map((each) => each.lastSequence))
  })
  projector.take(batch(1))
  projector.take(batch(2))
  await projector.close()
  expect(written).toEqual([1, 2])
})

test('a reader who no longer waits for projections that stand still is let go', async () => {
  const { projector } = projecting(() => new Promise(() => {}))
  projector.take(batch(1))
  const patience = new AbortController()
  const reading = projector.reached(1, patience.signal)
  patience.abort(new Error('patience ends'))
  await expect(reading).rejects.toThrow('patience ends')
})
