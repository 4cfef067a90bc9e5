import { describe, expect, it } from 'vitest'
import { equityFlow } from '../../subgraphs/dash33/src/match/equity-flow.ts'
import { reportHash } from '../../subgraphs/dash33/src/match/report-hash.ts'

/** As published at github.com/flash1-dev/matching-engine-benchmark, for a million orders and seed 23. */
const published = [
  ['normal', 'e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e'],
  ['static', '9803843ee404fc29c9a0aa5614f8f0d5a58b5c44fcac9ef89067886fcaaa30d1'],
  ['swing-25', '61a84be9469661bd039e00dbc9a7c011e70b6ace37aadfe60045ea083b05f4df'],
  ['swing-40', '3cb0175e7982ff09ea220d1feaee3844cf9116a5ce455757879dea1d880b9b9f'],
  ['flash-crash', 'cff8d3f94b709fc64a8b2058a6ca4fb6920364904796e46906895e362d2bb16b'],
] as const

describe('the public matching-engine benchmark', () => {
  it.each(published)('has the published report for the scenario %s', (scenario, hash) => {
    expect(reportHash(equityFlow(scenario))).toBe(hash)
  })
})
