import { ManualClock } from '@opsource/kernel'
import type { Subgraph } from '@opsource/subgraph'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type TestPorts, testPorts } from '../../../../tests/support/ports.ts'
import { FEATURE_COUNT, FEATURE_NAMES } from '../features/index.ts'
import { startAnya } from '../index.ts'
import { SyntheticMarket } from '../testing/synthetic-market.ts'
import { exportModel } from '../training/export.ts'
import { predictLogistic } from '../training/logistic.ts'

const NAME = 'mid-direction'
const VERSION = 3
const SYMBOLS = Array.from({ length: 12 }, (_, i) => `M${i}-USDT`)
/** A tick comes at each full second of the clock: from here on that is 20 ms away, however far the clock is set on. */
const START = Date.UTC(2024, 7, 9) + 980
/** Prices trend for so many seconds, up and down in turn, each market at its own time. */
const TREND = 60
const STEP_TICKS = 600
const WAIT = { timeout: 40_000, interval: 10 }

let fresh: FreshDatabase
let clock: ManualClock
let ports: TestPorts
let anya: Subgraph
let authorization: string
let markets: SyntheticMarket[]
let second = 0

beforeAll(async () => {
  fresh = await freshDatabase('anya')
  clock = new ManualClock(START)
  ports = testPorts({ databaseUrl: fresh.url, clock })
  authorization = `Bearer ${await ports.token({ userId: 'usr_ada', roles: ['ANALYST'] })}`
  markets = SYMBOLS.map((symbol) => new SyntheticMarket(ports, symbol))
  for (const market of markets) await market.open()
  anya = await startAnya(ports, { symbols: SYMBOLS, tickMs: 1_000 })
})
afterAll(async () => {
  await anya.stop()
  await fresh.drop()
})

async function ask<T>(query: string, variables: object = {}): Promise<T> {
  const body = JSON.stringify({ query, variables })
  const answer = JSON.parse(await anya.execute({ body, headers: { authorization } }))
  expect(answer.errors).toBeUndefined()
  return answer.data
}

/** Lets a second pass on all markets, and waits for the forecast that is made then. */
async function passSecond(): Promise<void> {
  clock.advance(1_000)
  second++
  for (const [i, market] of markets.entries()) {
    const isRising = Math.floor((second + i * 10) / TREND) % 2 === 0
    await market.move(isRising ? STEP_TICKS : -STEP_TICKS)
  }
  const madeAt = new Date(clock.now()).toISOString()
  const query = `{ _entities(representations: [{ __typename: "Market", symbol: "${SYMBOLS[0]}" }]) {
    ... on Market { prediction { madeAt } } } }`
  interface Newest {
    readonly _entities: readonly { readonly prediction: { readonly madeAt: string } | null }[]
  }
  // The engine has to be warm before it says anything.
  if (second > 7)
    await expect.poll(async () => (await ask<Newest>(query))._entities[0]?.prediction?.madeAt, WAIT).toBe(madeAt)
}

const base64 = (values: ArrayLike<number>) => Buffer.from(Float32Array.from(values).buffer).toString('base64')

/** Prices that went up go on: what the rule, which looks at the book only, does not see. */
function upload() {
  const weights = new Float32Array(FEATURE_COUNT)
  weights[FEATURE_NAMES.indexOf('return_5s_bps')] = 0.4
  const model = { kind: 'LOGISTIC', weights } as const
  const rows = Float32Array.from({ length: 5 * FEATURE_COUNT }, (_, i) => Math.sin(i))
  const input = {
    model: NAME,
    file: { base64: Buffer.from(exportModel(model, 'momentum', {})).toString('base64') },
    signature: {
      input: { name: 'features', shape: [FEATURE_COUNT] },
      output: { name: 'probability', shape: [1] },
    },
    featureSet: 'book',
    features: FEATURE_NAMES,
    horizonMs: 10_000,
    sample: { rows: base64(rows), expected: base64(predictLogistic(model, rows)) },
  }
  const query = `mutation ($input: UploadModelInput!) { uploadModel(input: $input) {
    __typename ... on ModelUploaded { version { version } } ... on Refusal { code message } } }`
  return ask(query, { input })
}

interface Promoted {
  readonly promoteModel: {
    readonly __typename: string
    readonly message?: string
    readonly transition?: {
      readonly checks?: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[]
    }
  }
}

async function promote() {
  const query = `mutation ($input: PromoteModelInput!) { promoteModel(input: $input) { __typename
    ... on Refusal { message } ... on PromotionRefused { transition { checks { name passed detail } } }
    ... on ModelPromoted { transition { checks { name passed detail } } } } }`
  const input = { model: NAME, version: VERSION, reason: 'it sees trends' }
  const { promoteModel } = await ask<Promoted>(query, { input })
  return { ...promoteModel, failed: promoteModel.transition?.checks?.filter(({ passed }) => !passed) ?? [] }
}

async function counted(): Promise<number> {
  interface Compared {
    readonly model: { readonly challenger: { readonly shadow: { readonly count: number } | null } }
  }
  return (
    (await ask<Compared>(`{ model(name: "${NAME}") { challenger { shadow { count } } } }`)).model.challenger.shadow
      ?.count ?? 0
  )
}

async function passUntil(count: number): Promise<void> {
  while ((await counted()) < count) for (let i = 0; i < 5; i++) await passSecond()
}

test('a model that came without rows is promoted by what it said live, and not one forecast sooner', async () => {
  expect(await upload()).toMatchObject({ uploadModel: { __typename: 'ModelUploaded', version: { version: VERSION } } })
  const input = { model: NAME, alias: 'challenger', version: VERSION, reason: 'into the shadow' }
  await ask('mutation ($input: SetModelAliasInput!) { setModelAlias(input: $input) { __typename } }', { input })
  await passUntil(100)
  const count = await counted()
  const early = await promote()
  expect(early.__typename).toBe('PromotionRefused')
  expect(early.message).toBe(
    `It did not pass EVALUATION: ${count} live forecasts as challenger have an outcome that counts, ${300 - count} are missing.`,
  )
  await passUntil(340)
  const promoted = await promote()
  expect([promoted.__typename, promoted.failed]).toEqual(['ModelPromoted', []])
  const history = `{ model(name: "${NAME}") { champion { version } history(first: 2) { edges { node { action by reason at checks { name } } } } } }`
  expect(await ask(history)).toMatchObject({
    model: {
      champion: { version: VERSION },
      history: {
        edges: [
          { node: { action: 'PROMOTED', by: 'usr_ada', reason: 'it sees trends' } },
          { node: { action: 'REFUSED', by: 'usr_ada', checks: expect.arrayContaining([{ name: 'EVALUATION' }]) } },
        ],
      },
    },
  })
}, 300_000)
