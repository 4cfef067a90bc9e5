import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inadmissible } from './admission.ts'
import { hashState, writeState } from './canonical.ts'
import type { Command } from './commands.ts'
import { Engine } from './engine.ts'
import { opening, START, steps } from './model/random-commands.ts'

const COMMANDS = 10_000

type Path = readonly (string | number)[]

const NUMBERS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0.1 + 0.2,
  1.5,
  -1,
  -1e3,
  2 ** 53,
  1e300,
]
const NO_NUMBERS = ['1e3', '0.3', '', '９', true, undefined, {}, []]
const TEXTS = ['', 'x'.repeat(65), 'né', 'a\nb', '\u0000', '🂡']
/** What names something by a text of the sender's own. */
const NAMES = /^(accountId|userId|clientOrderId|orderId|reference|asset|changedBy|reason|profile|dataSet|segment)$/

/** Where a command has numbers, and where it has names. */
function places(value: unknown, path: Path = []): { numbers: Path[]; names: Path[] } {
  if (typeof value === 'number') return { numbers: [path], names: [] }
  if (typeof value === 'string') return { numbers: [], names: NAMES.test(String(path.at(-1))) ? [path] : [] }
  if (typeof value !== 'object' || value === null) return { numbers: [], names: [] }
  const inside = Object.entries(value).map(([key, each]) => places(each, [...path, key]))
  return { numbers: inside.flatMap(({ numbers }) => numbers), names: inside.flatMap(({ names }) => names) }
}

function withTrap(command: Command, path: Path, trap: unknown): Command {
  const copy = structuredClone(command)
  let inside: Record<string | number, unknown> = { ...copy }
  const whole = inside
  for (const key of path.slice(0, -1)) inside = inside[key] as Record<string | number, unknown>
  inside[path.at(-1)!] = trap
  return Object.assign(copy, whole)
}

describe('malformed commands', () => {
  it(`are all refused, ${COMMANDS} of every kind with one number or name spoilt, and change nothing`, () => {
    const engine = new Engine()
    engine.applyBatch(opening, START)
    const before = hashState(writeState(engine.state))
    const spoilt = new Set<string>()
    let refused = 0
    fc.assert(
      fc.property(steps(1), fc.nat(), fc.nat(), ([step], where, which) => {
        const { command } = step!
        const { numbers, names } = places(command)
        const all = [...numbers, ...names]
        const path = all[where % all.length]
        if (path === undefined) return
        const traps = numbers.includes(path) ? [...NUMBERS, ...NO_NUMBERS] : TEXTS
        const malformed = withTrap(command, path, traps[which % traps.length])
        const refusal = inadmissible(malformed)
        expect(refusal?.kind, JSON.stringify(malformed)).toBe('REFUSED')
        spoilt.add(`${command.kind} ${path.filter((key) => Number.isNaN(Number(key))).join('.')}`)
        refused++
      }),
      { numRuns: COMMANDS + 2_000 },
    )
    expect(refused).toBeGreaterThan(COMMANDS)
    expect(spoilt.size).toBeGreaterThan(50)
    expect(hashState(writeState(engine.state))).toBe(before)
  })
})
