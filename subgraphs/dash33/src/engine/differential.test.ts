import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ack } from './acks.ts'
import { inadmissible } from './admission.ts'
import { hashState, readState, writeState } from './canonical.ts'
import type { Command } from './commands.ts'
import { checkInvariants } from './core/invariants.ts'
import { Engine } from './engine.ts'
import { encodeBatch, segmentOf } from './journal/batch-format.ts'
import { openBatch } from './journal/opened-batch.ts'
import { Comparison } from './model/comparison.ts'
import { enlarged } from './model/large-numbers.ts'
import { commandOf, type Nameable, opening, START, type Step, steps } from './model/random-commands.ts'

const RUNS = 820
const COMMANDS_PER_RUN = 240

/** What has to happen again and again in the commands below, or they prove too little. */
const OFTEN = [
  'TRADE',
  'AUCTION TRADE',
  'AMENDED',
  'ORDER_AMENDED REQUESTED',
  'ORDER_AMENDED SELF_TRADE',
  'ICEBERG ACCEPTED',
  'RECORDING BEGUN',
  'ORDER_TRIGGERED',
  'MARKET_STATUS_SET PRICE_BAND',
  'ORDER_CANCELLED DEAD_MAN',
  'ORDER_CANCELLED ENTRY_CLOSED',
  'ORDER_CANCELLED EXPIRED',
  'ORDER_CANCELLED FILL_OR_KILL',
  'ORDER_CANCELLED KILL_SWITCH',
  'ORDER_CANCELLED OTHER_LEG',
  'ORDER_CANCELLED PRICE_BAND',
  'ORDER_CANCELLED PROTECTION',
  'ORDER_CANCELLED REFUSED_AT_TRIGGER',
  'ORDER_CANCELLED SELF_TRADE',
  'REFUSED INSUFFICIENT_BALANCE',
  'REFUSED POST_ONLY_WOULD_TRADE',
  'REFUSED WOULD_TRIGGER_AT_ONCE',
  'REFUSED RISK_LIMIT_EXCEEDED MAX_EXPOSURE',
  'REFUSED RISK_LIMIT_EXCEEDED MAX_POSITION',
  'REFUSED RISK_LIMIT_EXCEEDED MESSAGE_RATE',
]

describe('the engine, told anything', { timeout: 240_000 }, () => {
  it('answers, tells and keeps books and balances exactly as its specification, and breaks no law', () => {
    const seen = new Map<string, number>()
    let told = 0
    fc.assert(
      fc.property(steps(COMMANDS_PER_RUN), (list) => {
        const comparison = new Comparison()
        comparison.run(list)
        told += comparison.told
        for (const [name, times] of comparison.seen) seen.set(name, (seen.get(name) ?? 0) + times)
      }),
      { numRuns: RUNS },
    )
    expect(told).toBeGreaterThan(100_000)
    for (const name of OFTEN) expect([name, (seen.get(name) ?? 0) > 20]).toEqual([name, true])
  })

  it('is as exact where amounts come near 2^53', () => {
    fc.assert(
      fc.property(steps(COMMANDS_PER_RUN), (list) => new Comparison(enlarged).run(list)),
      { numRuns: 60 },
    )
  })

  it('comes to the same answers and state however its commands were batched, and over any snapshot', () => {
    fc.assert(
      fc.property(
        steps(COMMANDS_PER_RUN),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (list, sizes) => {
          const whole = new Engine()
          const groups = timedGroups(list)
          const expected = groups.flatMap(({ time, commands }) => whole.applyBatch(commands, time).acks)
          let pieces = new Engine()
          const acks: Ack[] = []
          let turn = 0
          for (const { time, commands } of groups) {
            for (let from = 0; from < commands.length; turn++) {
              const size = sizes[turn % sizes.length]!
              acks.push(...pieces.applyBatch(commands.slice(from, from + size), time).acks)
              from += size
              if (turn % 3 === 0) pieces = restored(pieces)
            }
          }
          expect(acks).toEqual(expected)
          expect(stateOf(pieces)).toBe(stateOf(whole))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('comes to the same state, and goes on alike, where a part of its journal was applied unheard', () => {
    fc.assert(
      fc.property(steps(COMMANDS_PER_RUN), fc.nat(COMMANDS_PER_RUN), (list, cut) => {
        const [heard, unheard] = [new Engine(), new Engine()]
        for (const [i, { time, commands }] of timedGroups(list).entries()) {
          const expected = heard.applyBatch(commands, time)
          if (i * 12 < cut) unheard.applyUnheard(openBatch(encodeBatch(time, [segmentOf(commands)]))!.commands, time)
          else expect(unheard.applyBatch(commands, time)).toEqual(expected)
          expect(stateOf(unheard)).toBe(stateOf(heard))
        }
        checkInvariants(unheard.state.exchange)
      }),
      { numRuns: 60 },
    )
  })
})

/** Admissible commands that share their times by the dozen, as those of one batch do. */
function timedGroups(list: readonly Step[]): { time: number; commands: Command[] }[] {
  const scout = new Engine()
  const accepted: Nameable[] = []
  const groups: { time: number; commands: Command[] }[] = [{ time: START, commands: [...opening] }]
  scout.applyBatch(opening, START)
  let time = START
  for (let from = 0; from < list.length; from += 12) {
    const part = list.slice(from, from + 12)
    time += part[0]!.after * 4
    const commands = part.map((step) => {
      const command = commandOf(step, accepted)
      if (inadmissible(command)) return { kind: 'TICK' as const }
      for (const event of scout.applyBatch([command], time).batch.events) {
        if (event.type === 'ORDER_ACCEPTED') accepted.push(event)
      }
      return command
    })
    groups.push({ time, commands })
  }
  return groups
}

const stateOf = (engine: Engine): string => hashState(writeState(engine.state))

function restored(engine: Engine): Engine {
  const copy = new Engine()
  readState(writeState(engine.state), copy)
  return copy
}
