import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { opening as funds, nthOrder, unlimited } from '../../../../tests/support/engine.ts'
import { inadmissible } from './admission.ts'
import { hashState, readState, StateCopy, writeState } from './canonical.ts'
import type { Command } from './commands.ts'
import { checkInvariants } from './core/invariants.ts'
import { Engine } from './engine.ts'
import type { OrderAccepted } from './events.ts'
import { LIMITS } from './limits.ts'
import { commandOf, opening, START, type Step, steps } from './model/random-commands.ts'

const RUNS = 60
const COMMANDS = 120

interface Timed {
  readonly command: Command
  readonly time: number
}

/** The admissible commands that an engine was told, and the engine. */
function told(list: readonly Step[]): { engine: Engine; commands: Timed[] } {
  const engine = new Engine()
  const commands: Timed[] = []
  const accepted: OrderAccepted[] = []
  let time = START
  const tell = (command: Command) => {
    if (inadmissible(command)) return
    commands.push({ command, time })
    for (const event of engine.applyBatch([command], time).batch.events) {
      if (event.type === 'ORDER_ACCEPTED') accepted.push(event)
    }
    checkInvariants(engine.state.exchange)
  }
  for (const command of opening) tell(command)
  for (const step of list) {
    time += step.after
    tell(commandOf(step, accepted))
  }
  return { engine, commands }
}

const venue: Command[] = [unlimited, ...funds]

function nthTrade(n: number): Command {
  const buys = n % 2 === 1
  return { ...nthOrder(2), accountId: buys ? 'bob' : 'ann', side: buys ? 'BUY' : 'SELL', clientOrderId: `trade-${n}` }
}

const hashOf = (engine: Engine) => hashState(writeState(engine.state))

function restored(engine: Engine): Engine {
  const copy = new Engine()
  readState(writeState(engine.state), copy)
  return copy
}

describe('the canonical state', { timeout: 60_000 }, () => {
  it('with the commands since then is the same as all commands, at every cut', () => {
    fc.assert(
      fc.property(steps(COMMANDS), fc.nat(COMMANDS), (list, at) => {
        const { engine, commands } = told(list)
        const cut = Math.min(at + opening.length, commands.length)
        let replayed = new Engine()
        for (const [i, { command, time }] of commands.entries()) {
          if (i === cut) {
            const copy = restored(replayed)
            checkInvariants(copy.state.exchange)
            expect(hashOf(copy)).toBe(hashOf(replayed))
            replayed = copy
          }
          replayed.applyBatch([command], time)
        }
        expect(hashOf(replayed)).toBe(hashOf(engine))
        expect(replayed.nextTimer).toBe(engine.nextTimer)
      }),
      { numRuns: RUNS },
    )
  })

  it('does not tell how the commands were batched', () => {
    fc.assert(
      fc.property(steps(COMMANDS), (list) => {
        const { engine, commands } = told(list)
        const batched = new Engine()
        for (let i = 0; i < commands.length; ) {
          const { time } = commands[i]!
          const batch: Command[] = []
          while (i < commands.length && commands[i]!.time === time) batch.push(commands[i++]!.command)
          batched.applyBatch(batch, time)
        }
        expect(hashOf(batched)).toBe(hashOf(engine))
      }),
      { numRuns: RUNS },
    )
  })

  it('written little by little while the engine goes on is that of the sequence at which it began, whatever is forgotten meanwhile', () => {
    const engine = new Engine()
    engine.applyBatch(venue, START)
    let n = 0
    // Each buy meets the sell before it: both close.
    const trade = () => engine.applyBatch([nthTrade(n++), nthTrade(n++)], START + n)
    const remembered = 2 * LIMITS.closedOrdersPerAccount
    while (n < remembered - 100) trade()
    for (const [before, perTrade] of [
      [0, 40],
      [200, 3],
    ] as const) {
      for (const end = n + before; n < end; ) trade()
      const expected = hashOf(engine)
      const copy = new StateCopy(engine.state)
      const rows = engine.state.records.size
      while (!copy.write(perTrade)) trade()
      copy.close()
      expect(hashState(copy.written)).toBe(expected)
      // What was kept for the copy is used again.
      for (const end = n + remembered; n < end; ) trade()
      expect(engine.state.records.size).toBeLessThan(rows + remembered)
    }
  })

  it('of other bytes is refused', () => {
    const written = writeState(new Engine().state)
    expect(() => readState(written.subarray(0, 40), new Engine())).toThrow('ends early')
    expect(() => readState(Buffer.concat([written, Buffer.from([0])]), new Engine())).toThrow('longer')
    expect(() => readState(Buffer.from([9, ...written.subarray(1)]), new Engine())).toThrow('version 9')
  })
})
