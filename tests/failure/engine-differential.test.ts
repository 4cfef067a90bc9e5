import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Comparison } from '../../subgraphs/dash33/src/engine/model/comparison.ts'
import { enlarged } from '../../subgraphs/dash33/src/engine/model/large-numbers.ts'
import { steps } from '../../subgraphs/dash33/src/engine/model/random-commands.ts'

const COMMANDS = 1_000_000
const RUNS_PER_SEED = 500

it('the engine answers a million random commands exactly as its specification, one run in ten with amounts near 2^53', () => {
  const first = fc.sample(fc.noBias(fc.integer({ min: 0, max: 2 ** 30 })), 1)[0]!
  process.stdout.write(`engine-differential: seeds ${first}, ${first + 1}, …\n`)
  let told = 0
  for (let seed = first; told < COMMANDS; seed++) {
    fc.assert(
      fc.property(steps(400), fc.integer({ min: 0, max: 9 }), (list, kind) => {
        const comparison = kind === 9 ? new Comparison(enlarged) : new Comparison()
        comparison.run(list)
        told += comparison.told
      }),
      { seed, numRuns: RUNS_PER_SEED },
    )
  }
  process.stdout.write(`engine-differential: ${told} commands compared\n`)
  expect(told).toBeGreaterThanOrEqual(COMMANDS)
})
