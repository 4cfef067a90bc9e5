import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptEnforced } from '../supergraph/enforced-specs.ts'
import { type Comparable, Executors } from '../testing/executors.ts'
import { shopSupergraph } from '../testing/federated-shop.ts'
import type { Weather } from '../testing/federated-world.ts'
import { picksOf, RandomOperation } from '../testing/random-operation.ts'

const own = readFileSync(path.resolve(import.meta.dirname, '../../../../supergraph.graphql'), 'utf8')
const graphs: [string, Executors][] = [
  ['a graph with all of federation', new Executors(shopSupergraph())],
  ['the own graph', new Executors(acceptEnforced(own))],
]

interface Case {
  readonly query: string
  readonly variables: Record<string, unknown>
}

/** An operation that the graph allows, of a few dozen fields; null where its fields do not merge. */
function caseOf(executors: Executors, seed: number, weather: Weather, isTricky = true): Case | null {
  const writer = new RandomOperation(executors.graph.schema, picksOf(seed), { fields: 30, isTricky })
  const query = writer.write(seed % 5 === 0 ? 'mutation' : 'query')
  if (executors.validate(query).length > 0) return null
  executors.world.change(seed, weather)
  return { query, variables: { yes: seed % 2 === 0, ...(seed % 3 === 0 ? { no: true } : {}) } }
}

const seeds = fc.integer({ min: 0, max: 1_000_000 })

describe.each(graphs)('operations on %s', (_, executors) => {
  it('are answered as by one server that holds everything, and as by Apollo’s executor wherever that is', async () => {
    const weather = { nulls: 10, errors: 8, violations: 0 }
    let compared = 0
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const given = caseOf(executors, seed, weather)
        if (!given) return
        const ours = await executors.ours(given.query, given.variables)
        const whole = executors.monolith(given.query, given.variables)
        expect(ours.data).toEqual(whole.data)
        expect(missingErrors(whole, ours)).toEqual([])
        const apollos = await executors.apollos(given.query, given.variables)
        const isRight =
          isDeepStrictEqual(plain(apollos.data), plain(whole.data)) && missingErrors(whole, apollos).length === 0
        if (isRight) expect(ours).toEqual(apollos)
        compared++
      }),
      { numRuns: 40, seed: 4 },
    )
    expect(compared).toBeGreaterThan(15)
  })

  it('bubble nulls that may not be as in Apollo’s executor, also where a subgraph is away', async () => {
    const weather = { nulls: 10, errors: 5, violations: 8 }
    const names = [...executors.world.subgraphs.keys()]
    let compared = 0
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const given = caseOf(executors, seed, weather, false)
        // Interface objects lose their name in Apollo's executor, and conditions fields that others need.
        if (!given || /medi(a|um)/.test(given.query)) return
        const away = names[seed % (names.length * 2)]
        if (away) executors.dead.add(away)
        const ours = await executors.ours(given.query, given.variables)
        const apollos = await executors.apollos(given.query, given.variables)
        executors.dead.clear()
        expect(ours.data).toEqual(apollos.data)
        expect(ours.errors.length > 0).toBe(apollos.errors.length > 0)
        compared++
      }),
      { numRuns: 25, seed: 5 },
    )
    expect(compared).toBeGreaterThan(8)
  })
})

function plain(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data))
}

/** Errors of the one server that another answer has not; a field that others need may fail beside them. */
function missingErrors(whole: Comparable, { errors }: Comparable): string[] {
  const withoutService = (line: string) => line.replace(/ \w*$/, '')
  const known = new Set(errors.map(withoutService))
  return whole.errors.filter((line) => !known.has(withoutService(line)))
}
