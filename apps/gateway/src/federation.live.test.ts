import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { federationSuites } from './testing/federation/index.ts'
import type { Case } from './testing/federation/suite.ts'
import { type Answering, Gateways, type Told, type Variables } from './testing/gateways.ts'

const CALM = { nulls: 0, errors: 0, violations: 0 }
/** Worlds that each case is asked about, unless it says itself what there is. */
const SEEDS = [1, 2]

type Expected = NonNullable<Case['expected']>

const count = { cases: 0, stock: 0, ours: 0 }
afterAll(() => {
  const { cases, stock, ours } = count
  process.stdout.write(
    `federation: of ${cases} cases our gateway answers ${ours} as it should, Apollo's own ${stock}\n`,
  )
})

describe.each(federationSuites)('$name', ({ subgraphs, cases }) => {
  let gateways: Gateways
  beforeAll(async () => {
    gateways = new Gateways(subgraphs)
    await gateways.start()
  })
  afterAll(() => gateways?.stop())

  /** @returns what each gateway tells that is not expected; of ours also that it asked subgraphs more often. */
  async function failuresOf(query: string, variables: Variables, expected: Expected, says?: Case['says']) {
    const run = async (which: 'ours' | 'stock') => {
      gateways.answering = saying(says)
      const told = await gateways[which](query, variables)
      return { failures: isRight(told, expected) ? [] : [{ told, expected }], asked: gateways.asked }
    }
    const [ours, stock] = [await run('ours'), await run('stock')]
    const isMore = stock.failures.length === 0 && ours.asked.length > stock.asked.length
    const more = isMore ? [{ asked: ours.asked, stock: stock.asked }] : []
    return { ours: [...ours.failures, ...more], stock: stock.failures }
  }

  const all = cases.map((each): Case => (typeof each === 'string' ? { query: each } : each))
  it.each(all)('$query', async ({ query, variables = {}, says, expected, stockFails, bothFail }) => {
    const failures = { ours: [] as unknown[], stock: [] as unknown[] }
    for (const seed of expected ? [1] : SEEDS) {
      gateways.world.change(seed, CALM)
      const should = expected ?? expectedOf(gateways.monolith(query, variables))
      const { ours, stock } = await failuresOf(query, variables, should, says)
      failures.ours.push(...ours)
      failures.stock.push(...stock)
    }
    count.cases++
    if (failures.ours.length === 0) count.ours++
    if (failures.stock.length === 0) count.stock++
    if (!bothFail) expect(failures.ours).toEqual([])
    expect([failures.ours.length > 0, failures.stock.length > 0]).toEqual([
      bothFail !== undefined,
      (bothFail ?? stockFails) !== undefined,
    ])
  })
})

function expectedOf({ data, errors }: Told): Expected {
  return { data, hasErrors: errors.length > 0 }
}

function isRight({ data, errors }: Told, expected: Expected): boolean {
  return isDeepStrictEqual(data, expected.data) && errors.length > 0 === expected.hasErrors
}

function saying(says: Case['says'] = {}): Answering {
  const left = new Map(Object.entries(says).map(([name, said]) => [name, Array.isArray(said) ? [...said] : [said]]))
  return (subgraph) => {
    const answers = left.get(subgraph)
    return answers && (answers.length > 1 ? answers.shift() : answers[0])
  }
}
