import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ManualClock } from '@opsource/kernel'
import type { Subgraph } from '@opsource/subgraph'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type TestPorts, testPorts } from '../../../../tests/support/ports.ts'
import { until } from '../../../../tests/support/waiting.ts'
import { type Bar, barAt } from '../bar-features/index.ts'
import { openDatabase } from '../database.ts'
import { startAnya } from '../index.ts'
import { hourlyBars } from '../testing/euro-hours.ts'
import { SyntheticMarket } from '../testing/synthetic-market.ts'
import { replay } from './replay.ts'
import { viewNamed } from './views/index.ts'

const PATIENCE_MS = 90_000
vi.setConfig({ testTimeout: 4 * PATIENCE_MS })
const START = Date.UTC(2026, 0, 1)
const HOUR_MS = 3_600_000

let database: FreshDatabase
let folder: string
let ports: TestPorts
let clock: ManualClock
let anya: Subgraph
let analyst: string

beforeAll(async () => {
  database = await freshDatabase('anya')
  folder = await mkdtemp(path.join(tmpdir(), 'opsource-anya-'))
  clock = new ManualClock(START)
  ports = testPorts({ databaseUrl: database.url, clock })
  anya = await start()
  analyst = `Bearer ${await ports.token({ userId: 'usr_ann', roles: ['ANALYST'] })}`
})
afterAll(async () => {
  await anya?.stop()
  await ports?.transport.close()
  await ports?.cache.close()
  await rm(folder, { recursive: true, force: true })
  await database?.drop()
})

const start = () => startAnya(ports, { symbols: ['BTC-USDT'], dataDirectory: folder })

async function answer(query: string, authorization: string | null = analyst) {
  const headers = authorization === null ? {} : { authorization }
  return JSON.parse(await anya.execute({ body: JSON.stringify({ query }), headers }))
}

async function ask(query: string) {
  const { data, errors } = await answer(query)
  expect(errors).toBeUndefined()
  return data
}

const JOB = 'id state rows added refused error { code message } entity kind requestedBy'

/** Follows the job to its end, which is what it is then. */
async function done(mutation: string) {
  const [taken] = Object.values<{ job: { id: string } }>(await ask(`mutation { ${mutation} }`))
  const id = taken?.job?.id
  expect(id, JSON.stringify(taken)).toMatch(/^job_/)
  const told = await follow(String(id))
  for (const { errors } of told) expect(errors).toBeUndefined()
  const last = told.at(-1)?.data.featureJobProgress
  expect((await ask(`{ featureJob(id: "${id}") { ${JOB} } }`)).featureJob).toEqual(last)
  return last
}

async function follow(id: string, authorization: string | null = analyst) {
  const body = JSON.stringify({ query: `subscription { featureJobProgress(jobId: "${id}") { ${JOB} } }` })
  const told = []
  const headers = authorization === null ? {} : { authorization }
  for await (const text of anya.subscribe({ body, headers })) told.push(JSON.parse(text))
  return told
}

const KEPT_HOURS = 60
/** The shapes of real hours, up to the last full one. */
function keptHours(now: number): Bar[] {
  const bars = hourlyBars(KEPT_HOURS)
  const close = Math.floor(now / HOUR_MS) * HOUR_MS
  return Array.from({ length: KEPT_HOURS }, (_, i) => ({
    ...barAt(bars, i),
    time: close - (KEPT_HOURS - i) * HOUR_MS,
  }))
}

/** Hours up to now, and minutes up to an hour ago, as anya keeps what it has seen. */
async function keepBars(now: number): Promise<void> {
  const prisma = openDatabase(database.url)
  const hours = keptHours(now)
  const minutes = hours.map((bar, i) => ({ ...bar, time: now - HOUR_MS - (KEPT_HOURS - i) * 60_000 }))
  for (const [interval, bars] of [
    ['H1', hours],
    ['M1', minutes],
  ] as const) {
    const data = bars.map(({ time, ...bar }) => ({ ...bar, symbol: 'BTC-USDT', interval, openTime: new Date(time) }))
    await prisma.patternBar.createMany({ data })
  }
  await prisma.$disconnect()
}

const backfill = (range: string, rest = '') =>
  done(
    `backfillFeatures(input: { view: "bars_1h", entity: "EUR-USD", ${range} ${rest} }) { ... on FeatureJobAccepted { job { id } } ... on Refusal { code message } }`,
  )
const MAY = 'from: "2007-05-01T00:00:00Z", to: "2007-06-01T00:00:00Z"'
const MAY_AND_JUNE = 'from: "2007-05-01T00:00:00Z", to: "2007-07-01T00:00:00Z"'
const rowsOf = (range: string, rest = '') =>
  ask(`{ featureRows(view: "bars_1h", entity: "EUR-USD", ${range} ${rest}) { __typename ... on FeatureStoreRefused { code message }
    ... on FeatureRowConnection { features pageInfo { hasNextPage endCursor } edges { cursor node { eventTime availableAt values } } } } }`).then(
    ({ featureRows }) => featureRows,
  )

test('an analyst backfills real hours, sees their partitions, and pages through rows that begin where they should', async () => {
  const job = await backfill(MAY_AND_JUNE)
  expect(job).toMatchObject({
    state: 'DONE',
    refused: 0,
    error: null,
    entity: 'EUR-USD',
    kind: 'BACKFILL',
    requestedBy: 'usr_ann',
  })
  expect(job.rows).toBeGreaterThan(900)
  expect(job.added).toBe(job.rows)
  expect(await backfill(MAY)).toMatchObject({ state: 'DONE', added: 0 })
  for (const [who, code] of [
    [analyst, 'BAD_USER_INPUT'],
    [null, 'UNAUTHENTICATED'],
  ] as const)
    expect((await follow('job_unknown', who))[0].errors[0].extensions.code).toBe(code)

  const { featureView } =
    await ask(`{ featureView(name: "bars_1h") { version hash partition features { name window windowUnit lag type }
    entities { name live offline { ... on OfflineFeatures { rows firstEvent lastEvent partitions { edges { node { name rows path sha256 } } } } } } } }`)
  const euro = featureView.entities.find(({ name }: { name: string }) => name === 'EUR-USD')
  expect(euro).toMatchObject({ live: false, offline: { rows: job.rows } })
  expect(euro.offline.partitions.edges.map(({ node }: { node: { name: string } }) => node.name)).toEqual([
    '2007-06',
    '2007-05',
  ])
  expect(featureView.hash.startsWith(featureView.version)).toBe(true)

  const first = await rowsOf(MAY, 'first: 500')
  expect(first.edges).toHaveLength(500)
  expect(first.features).toEqual(featureView.features.map(({ name }: { name: string }) => name))
  const rest = await rowsOf(MAY, `first: 500, after: "${first.pageInfo.endCursor}"`)
  const times: string[] = [...first.edges, ...rest.edges].map(({ node }) => node.eventTime)
  expect(times).toEqual([...new Set(times)].sort())
  expect(times[0]! >= '2007-05-01').toBe(true)
  expect(times.at(-1)! < '2007-06-01').toBe(true)
  expect(rest.pageInfo.hasNextPage).toBe(false)
})

test('drift is told feature by feature against a reference of one’s choice', async () => {
  const { featureDrift } = await ask(`{ featureDrift(view: "bars_1h", entity: "EUR-USD",
    reference: { ${MAY} }, recent: { from: "2007-06-01T00:00:00Z", to: "2007-07-01T00:00:00Z" })
    { ... on FeatureDrift { referenceRows recentRows level features { name index expectedIndex level } } ... on FeatureStoreRefused { code } } }`)
  expect(featureDrift.features).toHaveLength(33)
  const indexes: number[] = featureDrift.features.map(({ index }: { index: number }) => index)
  expect(indexes).toEqual([...indexes].sort((a, b) => b - a))
  expect(featureDrift.features.find(({ name }: { name: string }) => name === 'hour_sine').level).toBe('STABLE')
  const { featureDrift: few } = await ask(`{ featureDrift(view: "bars_1h", entity: "EUR-USD",
    reference: { ${MAY} }, recent: { from: "2007-06-01T00:00:00Z", to: "2007-06-02T00:00:00Z" }) { ... on FeatureStoreRefused { code } } }`)
  expect(few).toEqual({ code: 'NOT_ENOUGH_ROWS' })
})

test('a market’s book and bars become features as it trades, with their age, and stale ones are null with the reason', async () => {
  const market = new SyntheticMarket({ cache: ports.cache, clock }, 'BTC-USDT')
  await market.open()
  const vector = async () =>
    (
      await answer(
        '{ featureVector(view: "book_1s", entity: "BTC-USDT") { values sha256 reason ageMs eventTime } }',
        null,
      )
    ).data.featureVector
  expect(await vector()).toEqual({ values: null, sha256: null, reason: 'MISSING', ageMs: null, eventTime: null })
  await until(
    'the book is followed and warm',
    async () => {
      clock.advance(500)
      await market.move(1)
      return (await vector()).values !== null
    },
    PATIENCE_MS,
  )
  const live = await vector()
  expect(live).toMatchObject({ reason: null, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(live.values).toHaveLength(17)
  expect(live.ageMs).toBe(clock.now() - Date.parse(live.eventTime))
  clock.advance(60_000)
  expect(await vector()).toMatchObject({
    values: null,
    reason: 'STALE',
    eventTime: live.eventTime,
    ageMs: live.ageMs + 60_000,
  })
})

test('what was served is in the offline store after a restart, and goes online again from there', async () => {
  await anya.stop()
  await ports.cache.close()
  const before = ports.clock.now()
  await keepBars(before)
  clock = new ManualClock(before)
  ports = testPorts({ databaseUrl: database.url, clock, seed: 2 })
  analyst = `Bearer ${await ports.token({ userId: 'usr_ann', roles: ['ANALYST'] })}`
  anya = await start()
  const range = `from: "${new Date(START).toISOString()}", to: "${new Date(before).toISOString()}"`
  const read = `{ featureRows(view: "book_1s", entity: "BTC-USDT", ${range}, first: 500) { ... on FeatureRowConnection { edges { node { eventTime availableAt values } } } } }`
  const { featureRows } = await ask(read)
  expect(featureRows.edges.length).toBeGreaterThan(0)
  for (const { node } of featureRows.edges) expect(node.availableAt >= node.eventTime).toBe(true)
  const job = await done(
    `materialiseFeatures(input: { view: "book_1s", ${range} }) { ... on FeatureJobAccepted { job { id } } ... on Refusal { code message } }`,
  )
  expect(job).toMatchObject({ state: 'DONE', kind: 'MATERIALISE', rows: 1, added: 1 })
  const { featureVector } = await ask(
    '{ featureVector(view: "book_1s", entity: "BTC-USDT") { reason eventTime values } }',
  )
  expect(featureVector).toEqual({ reason: 'STALE', eventTime: featureRows.edges.at(-1).node.eventTime, values: null })
  const { featureJobs } = await ask(
    '{ featureJobs(first: 2) { pageInfo { hasNextPage } edges { node { kind state } } } }',
  )
  expect(featureJobs.edges.map(({ node }: { node: unknown }) => node)).toEqual([
    { kind: 'MATERIALISE', state: 'DONE' },
    { kind: 'BACKFILL', state: 'DONE' },
  ])
  expect(featureJobs.pageInfo.hasNextPage).toBe(true)
})

test('after the restart the newest hour that is kept is served at once, as its replay gives it; a minute that is too old is not', async () => {
  const vector = (view: string) => `featureVector(view: "${view}", entity: "BTC-USDT") { reason eventTime values }`
  const { hour, minute } = await ask(`{ hour: ${vector('bars_1h')} minute: ${vector('bars_1m')} }`)
  const known = viewNamed('bars_1h')
  if (known?.input !== 'BARS') throw new Error('the view is not there')
  const { rows } = await replay(known.view, keptHours(clock.now()), { from: 0, to: Number.MAX_SAFE_INTEGER })
  expect(hour).toMatchObject({ reason: null, eventTime: new Date(rows.at(-1)!.eventTime).toISOString() })
  const values: (number | null)[] = hour.values
  expect(Float32Array.from(values, (value) => value ?? Number.NaN)).toEqual(rows.at(-1)?.values)
  expect(minute).toEqual({ reason: 'MISSING', eventTime: null, values: null })
})

test('a damaged partition is refused by name until it is repaired', async () => {
  const files = await readdir(folder, { recursive: true })
  const damaged = path.join(folder, files.find((file) => file.includes('month=2007-05') && file.endsWith('.parquet'))!)
  const content = await readFile(damaged)
  await writeFile(damaged, content.subarray(0, content.length >> 1))
  const refusal = { code: 'CORRUPT_PARTITION', message: expect.stringContaining('2007-05') }
  expect(await rowsOf(MAY)).toEqual({ __typename: 'FeatureStoreRefused', ...refusal })
  expect(await backfill(MAY)).toMatchObject({ state: 'FAILED', error: refusal, added: 0 })
  expect(await backfill(MAY, ', repair: true')).toMatchObject({ state: 'DONE', error: null })
  expect((await rowsOf(MAY, 'first: 500')).edges).toHaveLength(500)
})

test('what another process writes to is refused by name, read all the same, and taken when it is free', async () => {
  const lock = path.join(folder, 'features/.writer.json')
  const mine = await readFile(lock, 'utf8')
  const mutation = (name: string, entity: string) =>
    `mutation { ${name}(input: { view: "bars_1h", ${entity} ${MAY} }) { ... on Refusal { code message } } }`
  await writeFile(lock, JSON.stringify({ token: 'theirs', place: 'another machine', pid: 1, startedAt: '1' }))
  for (const asked of [mutation('backfillFeatures', 'entity: "EUR-USD",'), mutation('materialiseFeatures', '')])
    expect(Object.values(await ask(asked))).toEqual([{ code: 'LOCKED', message: expect.stringContaining('its own') }])
  expect((await rowsOf(MAY, 'first: 500')).edges).toHaveLength(500)
  await rm(lock)
  expect(await backfill(MAY)).toMatchObject({ state: 'DONE', added: 0 })
  expect(await readFile(lock, 'utf8')).toBe(mine)
})

test('nobody but an analyst may compute or read rows, and bad input is told as data', async () => {
  const trader = `Bearer ${await ports.token({ roles: ['TRADER'] })}`
  const mutation = `mutation { backfillFeatures(input: { view: "bars_1h", entity: "EUR-USD", ${MAY} }) { __typename } }`
  for (const [authorization, code] of [
    [null, 'UNAUTHENTICATED'],
    [trader, 'FORBIDDEN'],
  ] as const) {
    for (const query of [
      mutation,
      `{ featureRows(view: "bars_1h", entity: "EUR-USD", ${MAY}) { __typename } }`,
      '{ featureJobs { edges { cursor } } }',
    ])
      expect((await answer(query, authorization)).errors[0].extensions.code).toBe(code)
  }
  const refused = async (input: string) => {
    const { backfillFeatures } = await ask(
      `mutation { backfillFeatures(input: { ${input} }) { __typename ... on InvalidInput { field } ... on Refusal { code } } }`,
    )
    return backfillFeatures
  }
  expect(await refused(`view: "none", entity: "EUR-USD", ${MAY}`)).toMatchObject({ code: 'UNKNOWN_FEATURE_VIEW' })
  expect(await refused(`view: "bars_1h", entity: "../x", ${MAY}`)).toMatchObject({ field: 'input.entity' })
  const backwards = 'from: "2007-06-01T00:00:00Z", to: "2007-06-01T00:00:00Z"'
  expect(await refused(`view: "bars_1h", entity: "EUR-USD", ${backwards}`)).toMatchObject({ field: 'input.to' })
  expect(
    await done(
      `backfillFeatures(input: { view: "bars_1h", entity: "DOGE", ${MAY} }) { ... on FeatureJobAccepted { job { id } } }`,
    ),
  ).toMatchObject({ state: 'FAILED', error: { code: 'NO_SOURCE' } })
  expect(
    await ask(
      '{ featureView(name: "none") { name } featureVector(view: "none", entity: "x") { view } featureJob(id: "x") { id } }',
    ),
  ).toEqual({
    featureView: null,
    featureVector: null,
    featureJob: null,
  })
  const { cancelFeatureJob } = await ask(
    'mutation { cancelFeatureJob(input: { id: "job_x" }) { ... on UnknownFeatureJob { code } } }',
  )
  expect(cancelFeatureJob).toEqual({ code: 'UNKNOWN_FEATURE_JOB' })
})
