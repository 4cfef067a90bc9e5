import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Openings } from '../accounts/index.ts'
import type { Ack } from '../engine/acks.ts'
import type { Command } from '../engine/commands.ts'
import { DisconnectGuards, PATIENCE_MS } from './disconnect.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Hears every delay that the switch is set to. */
function setUp() {
  const delays: number[] = []
  const openings = new Openings()
  openings.opened('acc_1')
  const answer = (command: Command): Ack => {
    if (command.kind !== 'CANCEL_ALL_AFTER') throw new Error(`not expected: ${command.kind}`)
    delays.push(command.delayMs)
    return { kind: 'CANCEL_ALL_AFTER_SET', engineSequence: 1, at: 1_000 + command.delayMs }
  }
  const guards = new DisconnectGuards({
    engine: { submit: async (commands) => commands.map(answer) },
    openings,
    clock: { now: () => 1_000 },
    log: pino({ level: 'silent' }),
  })
  return { guards, delays }
}

test('the first event says that the switch is set, and it is set anew for as long as the subscription lives', async () => {
  const { guards, delays } = setUp()
  const reader = guards.watch('usr_1', 0)
  expect(await reader.next()).toEqual({ done: false, value: { since: 1_000, cancelsAt: 1_000 + PATIENCE_MS } })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(delays).toEqual([PATIENCE_MS, PATIENCE_MS, PATIENCE_MS])
  await reader.return?.()
})

test('its end lets the switch run out: at once, or after the grace', async () => {
  const { guards, delays } = setUp()
  await guards.watch('usr_1', 0).return?.()
  expect(delays.at(-1)).toBe(1)
  await guards.watch('usr_1', 2_000).return?.()
  expect(delays.at(-1)).toBe(2_000)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(delays).toHaveLength(4)
})

test('of several the last one counts', async () => {
  const { guards, delays } = setUp()
  const [first, second] = [guards.watch('usr_1', 0), guards.watch('usr_1', 0)]
  await first.return?.()
  expect(delays).not.toContain(1)
  await second.return?.()
  expect(delays.at(-1)).toBe(1)
})

test('a service that stops leaves the switch to run out by itself, so that readers may be back in time', async () => {
  const { guards, delays } = setUp()
  const reader = guards.watch('usr_1', 0)
  guards.suspend()
  await reader.return?.()
  await guards.close()
  expect(delays).toEqual([PATIENCE_MS])
})

test.each([-1, 60_001])('a grace of %d ms is refused', (graceMs) => {
  expect(() => setUp().guards.watch('usr_1', graceMs)).toThrow('`graceMs` is from 0 to 60000')
})
