import { ManualClock } from '@opsource/kernel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Analyst, AnalystStage } from '../../../../tests/support/analyst-stage.ts'
import { type TestPorts, testPorts } from '../../../../tests/support/ports.ts'
import { openDatabase } from '../database.ts'
import { type RivalModel, rivalModel } from '../testing/rival-model.ts'
import { SyntheticMarket } from '../testing/synthetic-market.ts'
import { MODELS_DIRECTORY, readModel } from './model-file.ts'
import { RetentionStore } from './retention-store.ts'
import { RegistryStore } from './store.ts'

const START = Date.UTC(2024, 7, 9)
const SYMBOL = 'BTC-USDT'
const NAME = 'mid-direction'
const [RULE, TRAINED, RIVAL] = [1, 2, 3]

let stage: AnalystStage
let clock: ManualClock
let market: SyntheticMarket

async function open(): Promise<void> {
  clock = new ManualClock(START)
  stage = await AnalystStage.open({ clock })
  market = await stage.market(SYMBOL)
}
const close = () => stage?.close()
const start = (ports?: TestPorts) => stage.start({ symbols: [SYMBOL], tickMs: 20 }, ports)

interface Check {
  readonly name: string
  readonly observed: number | null
  readonly threshold: number | null
  readonly passed: boolean
}
interface Moved {
  readonly __typename: string
  readonly code?: string
  readonly message?: string
  readonly transition?: { readonly from: number | null; readonly to: number | null; readonly checks: Check[] | null }
}

const PROMOTE = `mutation ($input: PromoteModelInput!) { promoteModel(input: $input) {
  __typename ... on Refusal { code message }
  ... on ModelPromoted { modelVersion { version } transition { from to checks { name observed threshold passed } } }
  ... on PromotionRefused { transition { from to checks { name observed threshold passed } } }
} }`
const ROLL_BACK = `mutation ($input: RollBackModelInput!) { rollBackModel(input: $input) {
  __typename ... on Refusal { code message } ... on ModelRolledBack { transition { from to checks { name } } }
} }`
const SET_ALIAS = `mutation ($input: SetModelAliasInput!) { setModelAlias(input: $input) {
  __typename ... on Refusal { code message } ... on ModelAliasMoved { transition { from to } }
} }`

async function promote(analyst: Analyst, version: number, reason = 'it is better'): Promise<Moved> {
  const input = { model: NAME, version, reason }
  return (await analyst.ask(PROMOTE, { input })).promoteModel
}
async function rollBack(analyst: Analyst, version: number | null = null): Promise<Moved> {
  const input = { model: NAME, version, reason: 'it was better' }
  return (await analyst.ask(ROLL_BACK, { input })).rollBackModel
}
async function setAlias(analyst: Analyst, alias: string, version: number): Promise<Moved> {
  const input = { model: NAME, alias, version, reason: 'a try' }
  return (await analyst.ask(SET_ALIAS, { input })).setModelAlias
}

/** As a training registers what it has trained. */
async function register({ onnx, manifest, evaluation }: RivalModel): Promise<number> {
  const database = openDatabase(stage.fresh.url)
  try {
    const registration = { evaluation, by: 'usr_ada', reason: 'trained' }
    return (await new RegistryStore(database, clock).register(onnx, manifest, registration)).version
  } finally {
    await database.$disconnect()
  }
}

interface Newest {
  readonly madeAt: string
  readonly modelVersion: { readonly version: number }
}

async function newest(analyst: Analyst): Promise<Newest | null> {
  const query = `{ _entities(representations: [{ __typename: "Market", symbol: "${SYMBOL}" }]) {
    ... on Market { prediction { madeAt modelVersion { version } } } } }`
  return (await analyst.ask(query))._entities[0]?.prediction ?? null
}

/** Lets a second pass, and waits for the forecast that is made then. */
async function nextForecast(...analysts: Analyst[]): Promise<Newest[]> {
  clock.advance(1_000)
  await market.move(0)
  const madeAt = new Date(clock.now()).toISOString()
  for (const analyst of analysts) await expect.poll(async () => (await newest(analyst))?.madeAt).toBe(madeAt)
  return Promise.all(analysts.map(async (analyst) => (await newest(analyst))!))
}

async function warmUp(...analysts: Analyst[]): Promise<void> {
  for (let second = 0; second < 5; second++) {
    clock.advance(1_000)
    await market.move(0)
  }
  await nextForecast(...analysts)
}

const failed = ({ transition }: Moved) =>
  transition?.checks?.filter(({ passed }) => !passed).map(({ name }) => name) ?? []

describe('on an instance of its own', () => {
  beforeEach(open)
  afterEach(close)

  test('a better model is promoted and a roll-back takes it back, while forecasts are made every second', async () => {
    const anya = await start()
    await warmUp(anya)
    expect((await nextForecast(anya))[0]?.modelVersion.version).toBe(RULE)
    expect(await register(await rivalModel())).toBe(RIVAL)

    const promotion = promote(anya, RIVAL)
    await nextForecast(anya)
    expect(await promotion).toMatchObject({ __typename: 'ModelPromoted', transition: { from: RULE, to: RIVAL } })
    await expect.poll(async () => (await nextForecast(anya))[0]?.modelVersion.version).toBe(RIVAL)

    expect(await rollBack(anya)).toMatchObject({ __typename: 'ModelRolledBack', transition: { from: RIVAL, to: RULE } })
    await expect.poll(async () => (await nextForecast(anya))[0]?.modelVersion.version).toBe(RULE)
    // Not one second without a forecast, through both exchanges; that no run is dropped, serving.live.test.ts shows.
    const database = openDatabase(stage.fresh.url)
    const made = await database.prediction.findMany({ orderBy: { madeAt: 'asc' }, select: { madeAt: true } })
    await database.$disconnect()
    const gaps = made.slice(1).map(({ madeAt }, i) => madeAt.getTime() - made[i]!.madeAt.getTime())
    expect(new Set(gaps)).toEqual(new Set([1_000]))
  })

  test('another instance serves what was promoted here, though it heard nothing', async () => {
    const anya = await start()
    // Its cache is its own: word of the alias does not come through, the next look finds it.
    const other = testPorts({ databaseUrl: stage.fresh.url, clock, seed: 2 })
    const deaf = await start(other)
    const distant = new SyntheticMarket(other, SYMBOL)
    await distant.open()
    await register(await rivalModel())
    expect((await promote(anya, RIVAL)).__typename).toBe('ModelPromoted')
    const query = `{ model(name: "${NAME}") { champion { version aliases } } }`
    expect(await deaf.ask(query)).toEqual({ model: { champion: { version: RIVAL, aliases: ['champion'] } } })
    await expect
      .poll(async () => {
        clock.advance(1_000)
        await distant.move(0)
        return (await newest(deaf))?.modelVersion.version
      })
      .toBe(RIVAL)
  })

  test('a challenger forecasts all that the champion forecasts, unpublished, and the two are compared', async () => {
    const anya = await start()
    await register(await rivalModel({ weight: 2 }))
    expect((await setAlias(anya, 'challenger', RIVAL)).__typename).toBe('ModelAliasMoved')
    const query = `{ model(name: "${NAME}") { challenger { version shadow {
    forecasts count hitRate championHitRate logLoss championLogLoss baselineLogLoss } } } }`
    const shadow = async () => (await anya.ask(query)).model.challenger.shadow
    await warmUp(anya)
    await expect
      .poll(async () => {
        await nextForecast(anya)
        return (await shadow())?.forecasts ?? 0
      })
      .toBeGreaterThan(1)
    await market.move(60)
    for (let second = 0; second < 12; second++) expect((await nextForecast(anya))[0]?.modelVersion.version).toBe(RULE)
    await expect.poll(async () => (await shadow())?.count ?? 0).toBeGreaterThan(0)
    expect(await shadow()).toMatchObject({ hitRate: 1, championHitRate: 1 })
    const figures = (await shadow())!
    // Nine tenths of the lots are bids and the price rose: whoever makes more of the imbalance was more right.
    expect(figures.logLoss).toBeLessThan(figures.championLogLoss!)
    expect(figures.championLogLoss).toBeCloseTo(figures.baselineLogLoss!, 5)
  })
})

describe('on one instance', () => {
  let anya: Analyst
  beforeAll(async () => {
    await open()
    anya = await start()
  })
  afterAll(close)

  describe('a name', () => {
    test('that serves is moved through the gate only; others may point anywhere', async () => {
      expect(await setAlias(anya, 'champion', TRAINED)).toMatchObject({ code: 'ALIAS_IS_GATED' })
      expect(await setAlias(anya, 'canary', TRAINED)).toMatchObject({ transition: { from: null, to: TRAINED } })
      expect(await setAlias(anya, 'canary', RULE)).toMatchObject({ transition: { from: TRAINED, to: RULE } })
      const remove = `mutation ($input: DeleteModelAliasInput!) { deleteModelAlias(input: $input) { __typename } }`
      const input = { model: NAME, alias: 'canary', reason: 'done' }
      expect(await anya.ask(remove, { input })).toEqual({ deleteModelAlias: { __typename: 'ModelAliasMoved' } })
      expect(await anya.ask(remove, { input })).toEqual({ deleteModelAlias: { __typename: 'UnknownModelVersion' } })
    })

    test.each(['', 'v1', 'latest', 'Champion', 'a b', '\u0000', 'x'.repeat(64)])('cannot be %j', async (alias) => {
      expect(await setAlias(anya, alias, RULE)).toMatchObject({ __typename: 'InvalidInput' })
    })
  })

  test('a version’s tags change, the version does not', async () => {
    const key = { model: NAME, version: TRAINED, key: 'reviewed-by' }
    const set = `mutation ($input: SetModelVersionTagInput!) { setModelVersionTag(input: $input) {
    ... on ModelVersionTagged { modelVersion { sha256 tags { key value } } } ... on Refusal { code } } }`
    const tagged = (value: string) => anya.ask(set, { input: { ...key, value } })
    const { sha256 } = (await readModel(MODELS_DIRECTORY)).manifest
    const shown = (value: string) => ({
      setModelVersionTag: { modelVersion: { sha256, tags: [{ key: 'reviewed-by', value }] } },
    })
    expect(await tagged('ada')).toEqual(shown('ada'))
    expect(await tagged('grace')).toEqual(shown('grace'))
    expect(await tagged('x'.repeat(1_001))).toEqual({ setModelVersionTag: { code: 'INVALID_INPUT' } })
    const remove = `mutation ($input: DeleteModelVersionTagInput!) { deleteModelVersionTag(input: $input) {
    ... on ModelVersionTagged { modelVersion { tags { key } } } } }`
    expect(await anya.ask(remove, { input: key })).toEqual({ deleteModelVersionTag: { modelVersion: { tags: [] } } })
    const database = openDatabase(stage.fresh.url)
    const rewriting = database.$executeRaw`UPDATE model_version SET sha256 = 'other'`
    await expect(rewriting).rejects.toThrow('never changed')
    await database.$disconnect()
  })

  test('a version whose file was let go is refused by name, and says when it went', async () => {
    const old = await register(await rivalModel({ weight: 20 }))
    await register(await rivalModel({ weight: 21 }))
    const database = openDatabase(stage.fresh.url)
    expect(await new RetentionStore(database, clock, 1).prune()).toMatchObject({ files: 1 })
    await database.$disconnect()
    const query = `{ model(name: "${NAME}") { version(version: ${old}) { prunedAt } } }`
    expect(await anya.ask(query)).toEqual({ model: { version: { prunedAt: new Date(clock.now()).toISOString() } } })
    for (const asked of [promote(anya, old), setAlias(anya, 'kept', old)])
      expect(await asked).toMatchObject({ __typename: 'ModelVersionPruned', code: 'MODEL_VERSION_PRUNED' })
  })

  describe('roll-back', () => {
    test('has nowhere to go where nothing served before', async () => {
      expect(await rollBack(anya)).toMatchObject({ code: 'NOTHING_TO_ROLL_BACK_TO' })
    })

    test('goes to no version that never served: that is the gate’s to decide', async () => {
      expect(await rollBack(anya, TRAINED)).toMatchObject({ code: 'NOTHING_TO_ROLL_BACK_TO' })
      expect(await rollBack(anya, RULE)).toMatchObject({ code: 'MODEL_SERVES_ALREADY' })
    })
  })

  test.each([
    ['TRADER', PROMOTE, 'promoteModel'],
    ['OPERATOR', ROLL_BACK, 'rollBackModel'],
  ] as const)('a %s may not move what serves', async (role, mutation, field) => {
    const input = { model: NAME, version: TRAINED, reason: 'mine' }
    const answer = await anya.answer(mutation, { input }, { roles: [role] })
    expect(answer.errors[0].extensions.code).toBe('FORBIDDEN')
    expect(answer.data?.[field] ?? null).toBeNull()
  })

  test.each([0, -1, 99, 2_147_483_648, 1.5])('there is no version %s', async (version) => {
    const answer = await anya.answer(PROMOTE, { input: { model: NAME, version, reason: 'a try' } })
    const code = answer.data?.promoteModel?.code ?? answer.errors[0].extensions.code
    expect(['UNKNOWN_MODEL_VERSION', 'BAD_USER_INPUT']).toContain(code)
  })

  // These move what serves: they come last.
  describe('the gate', () => {
    test('refuses the trained model of the order book, with its reasons, and the history keeps them', async () => {
      const refused = await promote(anya, TRAINED, 'it cost a day')
      expect(refused).toMatchObject({ __typename: 'PromotionRefused', code: 'PROMOTION_REFUSED' })
      expect(failed(refused)).toContain('BEATS_BASELINE')
      const parity = refused.transition?.checks?.find(({ name }) => name === 'PARITY')
      expect(parity).toMatchObject({ passed: true, threshold: 1e-5 })
      const query = `{ model(name: "${NAME}") { champion { version kind } challenger { version }
      history(first: 1) { edges { node { action alias from to by reason checks { name passed } } } } } }`
      expect(await anya.ask(query)).toMatchObject({
        model: {
          champion: { version: RULE, kind: 'RULE' },
          challenger: { version: TRAINED },
          history: {
            edges: [
              {
                node: {
                  action: 'REFUSED',
                  alias: 'champion',
                  from: RULE,
                  to: TRAINED,
                  by: 'usr_ada',
                  reason: 'it cost a day',
                },
              },
            ],
          },
        },
      })
    })

    test('holds a model against the champion, not only against the baseline', async () => {
      const good = await register(await rivalModel({ sight: 0.8, weight: 2 }))
      expect((await promote(anya, good)).__typename).toBe('ModelPromoted')
      const worse = await register(await rivalModel({ sight: 0.5, weight: 3 }))
      expect(failed(await promote(anya, worse))).toEqual(['BEATS_CHAMPION'])
      const better = await register(await rivalModel({ sight: 1, weight: 4 }))
      expect((await promote(anya, better)).__typename).toBe('ModelPromoted')
      await rollBack(anya, RULE)
    })

    test('runs the file: one that answers otherwise than its trainer said does not pass', async () => {
      const model = await rivalModel({ weight: 5 })
      const { sample } = model.evaluation
      const lying = { ...sample, expected: sample.expected.map((answers) => answers.map((answer) => answer + 1e-3)) }
      const version = await register({ ...model, evaluation: { ...model.evaluation, sample: lying } })
      const refused = await promote(anya, version)
      expect(failed(refused)).toEqual(['PARITY'])
      expect(refused.transition?.checks?.find(({ name }) => name === 'PARITY')?.observed).toBeCloseTo(1e-3, 5)
    })

    test('lets one of two promotions through at a time, each judged against what serves then', async () => {
      const weak = await register(await rivalModel({ sight: 0.7, weight: 6 }))
      const strong = await register(await rivalModel({ sight: 1, weight: 7 }))
      const [weaker, stronger] = await Promise.all([promote(anya, weak), promote(anya, strong)])
      expect([stronger.__typename, failed(stronger)]).toEqual(['ModelPromoted', []])
      // Where the weaker one came first it was promoted, and beaten; where it came second it was held against the stronger one.
      if (weaker.__typename !== 'ModelPromoted') expect(failed(weaker)).toEqual(['BEATS_CHAMPION'])
      const query = `{ model(name: "${NAME}") { champion { version } } }`
      expect(await anya.ask(query)).toEqual({ model: { champion: { version: strong } } })
    })
  })
})
