import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type ServicesStage, startServices } from '../journeys/services-stage.ts'
import { servicesMissing } from '../journeys/stage.ts'
import { Trader } from '../journeys/venue.ts'
import { Visitor } from '../journeys/visitor.ts'

/** One part from each subgraph. */
const EVERYTHING = /* GraphQL */ `
  query Everything {
    markets { symbol tickSize }
    models { name }
    me { id }
    notifications(first: 1) { totalHere: edges { cursor } }
  }
`
const PARTS = { dash33: 'markets', anya: 'models', enterprise: 'me', mobile: 'notifications' } as const
const CALLERS = 8
const OUTAGE_MS = 3_000
const RECOVERY_MS = 5_000

const answerSchema = z.record(z.string(), z.unknown())
const drill = test.runIf(servicesMissing === null)

let stage: ServicesStage
let trader: Trader
let expected: Record<string, unknown>

beforeAll(async () => {
  if (servicesMissing !== null) return
  stage = await startServices()
  trader = await Trader.register(new Visitor(stage.graphqlUrl), 'olga')
  expected = answerSchema.parse((await trader.visitor.ask(EVERYTHING)).data)
  expect(Object.values(expected)).not.toContain(null)
})
afterAll(() => stage?.stop())

interface Seen {
  readonly at: number
  /** Names of the parts that are null; null where there was no answer at all. */
  readonly missing: readonly string[] | null
  readonly codes: readonly string[]
}

/** Callers who ask for everything without pause, and check every part that they get. */
class Crowd {
  readonly seen: Seen[] = []
  readonly wrong: string[] = []
  #stopped = false
  readonly #asking: Promise<unknown>

  constructor() {
    this.#asking = Promise.all(Array.from({ length: CALLERS }, () => this.#ask()))
  }

  get lastWhole(): number {
    return this.seen.findLast(({ missing }) => missing?.length === 0)?.at ?? 0
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#asking
  }

  async #ask(): Promise<void> {
    while (!this.#stopped) {
      const answer = await trader.visitor.ask(EVERYTHING).catch(() => null)
      const at = performance.now()
      if (answer === null) {
        this.seen.push({ at, missing: null, codes: [] })
        await sleep(50)
        continue
      }
      const data = answerSchema.nullable().parse(answer.data) ?? {}
      const missing = Object.keys(expected).filter((part) => data[part] == null)
      for (const [part, value] of Object.entries(data)) {
        if (value !== null && JSON.stringify(value) !== JSON.stringify(expected[part])) this.wrong.push(answer.text)
      }
      this.seen.push({ at, missing, codes: answer.codes })
      await sleep(5)
    }
  }
}

/** @returns what was seen during the outage, and milliseconds from the return to the first whole answer. */
async function outage(kill: () => Promise<unknown>, back: () => Promise<unknown>) {
  const crowd = new Crowd()
  await sleep(500)
  await kill()
  const from = performance.now()
  await sleep(OUTAGE_MS)
  const until = performance.now()
  await back()
  const returned = performance.now()
  await expect.poll(() => crowd.lastWhole, { timeout: 30_000, interval: 20 }).toBeGreaterThan(returned)
  const recoveredMs = performance.now() - returned
  await sleep(500)
  await crowd.stop()
  expect(crowd.wrong).toEqual([])
  return { during: crowd.seen.filter(({ at }) => at > from && at < until), recoveredMs, last: crowd.seen.at(-1) }
}

for (const subgraph of ['mobile', 'anya', 'dash33', 'enterprise'] as const) {
  drill(
    `${subgraph} may die under load: the other fields keep coming, and its own return within five seconds`,
    async () => {
      const { during, recoveredMs, last } = await outage(
        () => stage.stopDomain(subgraph),
        async () => stage.startDomain?.(subgraph),
      )
      expect(during.length).toBeGreaterThan(CALLERS)
      const missing = new Set(during.flatMap((each) => each.missing ?? ['everything']))
      expect(missing).toEqual(new Set([PARTS[subgraph]]))
      expect(new Set(during.flatMap(({ codes }) => codes))).toEqual(new Set(['SUBGRAPH_UNAVAILABLE']))
      expect(recoveredMs).toBeLessThan(RECOVERY_MS)
      expect(last).toMatchObject({ missing: [], codes: [] })
    },
  )
}

drill('Redis may die under load: every answer is whole', async () => {
  let back = async () => {}
  const { during, recoveredMs } = await outage(
    async () => {
      back = await stage.redis.kill()
    },
    () => back(),
  )
  expect(during.length).toBeGreaterThan(CALLERS)
  expect(during.filter(({ missing }) => missing === null || missing.length > 0)).toEqual([])
  expect(recoveredMs).toBeLessThan(RECOVERY_MS)
})

drill(
  'the gateway may die under load: what it answers is whole, and it answers again within five seconds',
  async () => {
    const { during, recoveredMs, last } = await outage(
      () => stage.fleet.kill('gateway'),
      () => stage.fleet.launch('gateway'),
    )
    expect(during.every(({ missing }) => missing === null)).toBe(true)
    expect(recoveredMs).toBeLessThan(RECOVERY_MS)
    expect(last).toMatchObject({ missing: [], codes: [] })
  },
)
