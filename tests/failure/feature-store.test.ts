import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { seededRandom } from '@opsource/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Archive } from '../../subgraphs/anya/src/feature-store/offline/archive.ts'
import { storedManifest } from '../../subgraphs/anya/src/feature-store/offline/listing.ts'
import type { OperationInput } from '../../subgraphs/anya/src/feature-store/offline/protocol.ts'
import { StoreProcess } from '../../subgraphs/anya/src/feature-store/offline/store-process.ts'
import { versionOf, viewNamed } from '../../subgraphs/anya/src/feature-store/views/index.ts'
import { until } from '../support/waiting.ts'

const run = promisify(execFile)
const SOURCE = path.resolve(import.meta.dirname, '../../subgraphs/anya/src/feature-store')
const HOUR_MS = 3_600_000
const START = Date.UTC(2024, 0, 1)
const BARS = 5_000
const PATIENCE_MS = 90_000
const view = viewNamed('bars_1h')?.view
if (!view) throw new Error('the view is not there')

/** A walk of hours from a seed. */
function walk(): Extract<OperationInput<'backfill'>['source'], { kind: 'KEPT_BARS' }>['bars'] {
  const random = seededRandom(5)
  const close = new Float64Array(BARS)
  close.forEach((_, i) => {
    close[i] = (close[i - 1] ?? 100) * Math.exp((random.next() - 0.5) / 100)
  })
  const column = (of: (i: number) => number) => Float64Array.from({ length: BARS }, (_, i) => of(i))
  return {
    size: BARS,
    time: column((i) => START + i * HOUR_MS),
    open: close,
    high: close.map((price) => price * 1.001),
    low: close.map((price) => price * 0.999),
    close,
    volume: column(() => 1),
  }
}
const bars = walk()
const ALL = { from: START, to: START + 2 * BARS * HOUR_MS }
const FIRST_MONTH = { from: START, to: START + 31 * 24 * HOUR_MS }
const backfill = (range: typeof ALL): OperationInput<'backfill'> => ({
  ...{ view: 'bars_1h', entity: 'X', range, now: ALL.to, repair: false },
  source: { kind: 'KEPT_BARS', bars },
})

let folder: string
let store: StoreProcess
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'opsource-features-'))
  store = new StoreProcess({ store: folder, data: folder })
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

const stored = async () => (await storedManifest(folder, view, 'X'))?.partitions ?? []
const rowsStored = async () => (await stored()).reduce((sum, { rows }) => sum + rows, 0)

test('a process that is killed at any moment of a backfill leaves what was there, whole, and the next one goes on', async () => {
  expect(await store.ask('backfill', backfill(FIRST_MONTH))).toMatchObject({ ok: true })
  const rowsBefore = await rowsStored()
  const random = seededRandom(Number(process.pid))
  const began = performance.now()
  let kills = 0
  // The first ends soon after it began, whatever the machine; the next find out how long it takes, and end somewhere in that time.
  let longest = 20
  for (let turn = 0; turn < 8; turn++) {
    const startedAt = performance.now()
    const asked = store.ask('backfill', backfill(ALL))
    await new Promise((resolve) => setTimeout(resolve, random.next() * longest))
    if (store.pid !== undefined) process.kill(store.pid, 'SIGKILL')
    const result = await asked
    longest = Math.max(longest, performance.now() - startedAt) + 100
    if (result.ok) break
    kills++
    expect(result.error.code).toBe('AWAY')
    expect([rowsBefore, BARS]).toContain(await rowsStored())
    const page = await store.ask('page', { view: 'bars_1h', entity: 'X', range: ALL, limit: 10_000, after: null })
    expect(page).toMatchObject({ ok: true, value: { size: await rowsStored() } })
    if (performance.now() - began > PATIENCE_MS / 3) break
  }
  expect(kills).toBeGreaterThan(0)
  // A kill that came after the last answer may meet the next question.
  await until('a backfill to be done', async () => (await store.ask('backfill', backfill(ALL))).ok, PATIENCE_MS)
  expect(await rowsStored()).toBe(BARS)
  const files = (await readdir(folder, { recursive: true })).filter((name) => /parquet|tmp/.test(name))
  expect(files).toHaveLength((await stored()).length)
})

const minute = 60_000
const perPart = 5

/** Adds part after part to the folder, says each, and puts them together all the time. */
function writeParts(from: number) {
  const program = `
    import { Archive } from ${JSON.stringify(path.join(SOURCE, 'offline/archive.ts'))}
    import { viewNamed } from ${JSON.stringify(path.join(SOURCE, 'views/index.ts'))}
    const { view } = viewNamed('book_1s')
    const archive = await Archive.open(${JSON.stringify(folder)}, { maxParts: 3 })
    for (let part = Number(process.argv[1]); ; part++) {
      const rows = Array.from({ length: ${perPart} }, (_, i) => {
        const eventTime = ${START} + (part * ${perPart} + i) * ${minute}
        return { eventTime, availableAt: eventTime + 100, values: Float32Array.from(view.features, (_, j) => part * 100 + i * 20 + j) }
      })
      await archive.add(view, 'X', rows, { now: ${START} })
      process.stdout.write(part + '\\n')
    }`
  return spawn(process.execPath, ['--input-type=module', '-e', program, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

test('a process that is killed while it adds parts and puts them together leaves each row once, and no half file', async () => {
  const book = viewNamed('book_1s')?.view
  if (!book) throw new Error('the view is not there')
  const random = seededRandom(Number(process.pid))
  let next = 0
  for (let kill = 0; kill < 8; kill++) {
    const child = writeParts(next)
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await until('some parts to be written', () => said.split('\n').length > 4, PATIENCE_MS)
    await new Promise((resolve) => setTimeout(resolve, random.next() * 100))
    child.kill('SIGKILL')
    await once(child, 'close')
    const acknowledged = Number(said.trim().split('\n').at(-1)) + 1
    const archive = await Archive.open(folder)
    const { size, eventTimes, values, width } = await archive.rows(book, 'X', null)
    archive.close()
    expect([acknowledged * perPart, (acknowledged + 1) * perPart]).toContain(size)
    expect(Array.from(eventTimes)).toEqual(Array.from({ length: size }, (_, i) => START + i * minute))
    const firsts = Array.from({ length: size }, (_, i) => values[i * width])
    expect(firsts).toEqual(firsts.map((_, i) => Math.floor(i / perPart) * 100 + (i % perPart) * 20))
    // The part in hand may be there or not: adding it again adds nothing.
    next = acknowledged
  }
  const archive = await Archive.open(folder)
  await archive.add(
    book,
    'X',
    [{ eventTime: START - minute, availableAt: START, values: new Float32Array(book.features.length) }],
    { now: START },
  )
  archive.close()
  const manifest = await storedManifest(folder, book, 'X')
  const files = (await readdir(folder, { recursive: true })).filter((name) => /parquet|tmp/.test(name))
  expect(files.toSorted()).toEqual(
    manifest?.partitions.map(({ file }) => path.join('book_1s', versionOf(book), 'entity=X', file)).toSorted(),
  )
})

test('who reads while parts are added and put together sees each state whole, however often it changes', async () => {
  const book = viewNamed('book_1s')?.view
  if (!book) throw new Error('the view is not there')
  const child = writeParts(0)
  let written = 0
  child.stdout.on('data', (chunk: Buffer) => {
    written += chunk.toString().split('\n').length - 1
  })
  const archive = await Archive.open(folder)
  try {
    await until('the first part', () => written > 0, PATIENCE_MS)
    let [reads, before] = [0, 0]
    const until60 = written + 60
    while (written < until60 || reads < 20) {
      const { size, eventTimes } = await archive.rows(book, 'X', null)
      expect(size % perPart).toBe(0)
      expect(size).toBeGreaterThanOrEqual(before)
      expect(Array.from(eventTimes)).toEqual(Array.from({ length: size }, (_, i) => START + i * minute))
      before = size
      reads++
    }
  } finally {
    archive.close()
    child.kill('SIGKILL')
    await once(child, 'close')
  }
})

test('two who backfill the same at once add it once', async () => {
  const results = await Promise.all([store.ask('backfill', backfill(ALL)), store.ask('backfill', backfill(ALL))])
  const added = results.map((result) => (result.ok ? result.value.added : result.error.code))
  expect(added).toEqual([BARS, 0])
  expect(await rowsStored()).toBe(BARS)
})

test('a backfill that is given up writes nothing', async () => {
  const giveUp = new AbortController()
  const result = await store.ask('backfill', backfill(ALL), {
    signal: giveUp.signal,
    onProgress: () => giveUp.abort(),
  })
  expect(result).toMatchObject({ ok: false, error: { code: 'CANCELLED' } })
  expect(await stored()).toEqual([])
})

test('where files may not grow, as on a full disk, a backfill is refused and the old state stays readable', async () => {
  await store.ask('backfill', backfill(FIRST_MONTH))
  const before = await stored()
  await store.close()
  const program = `
    import { Archive } from ${JSON.stringify(path.join(SOURCE, 'offline/archive.ts'))}
    import { refusalOf } from ${JSON.stringify(path.join(SOURCE, 'offline/refusal.ts'))}
    import { viewNamed } from ${JSON.stringify(path.join(SOURCE, 'views/index.ts'))}
    const { view } = viewNamed('bars_1h')
    // Two hours of a month that fit, and months that do not.
    const first = ${Date.UTC(2025, 0, 31, 22)}
    const rows = Array.from({ length: 4000 }, (_, i) => ({ eventTime: first + i * ${HOUR_MS}, availableAt: first + i * ${HOUR_MS},
      values: Float32Array.from(view.features, (_, j) => Math.sin(i * 31 + j * 7)) }))
    const archive = await Archive.open(${JSON.stringify(folder)})
    const told = await archive.add(view, 'X', rows, { now: ${ALL.to} }).then((added) => ({ added }), refusalOf)
    process.stdout.write(JSON.stringify(told))
    process.exit(0)`
  // 48 blocks of 512 bytes: a manifest and two hours fit, a month of 33 features does not.
  const limited = ['-c', 'ulimit -f 48; exec "$0" "$@"', process.execPath, '--input-type=module', '-e', program]
  const { stdout } = await run('sh', limited, { timeout: PATIENCE_MS })
  expect(JSON.parse(stdout)).toMatchObject({ code: 'DISK_FULL' })
  expect(await stored()).toEqual(before)
  const files = (await readdir(folder, { recursive: true })).filter((name) => /parquet|tmp/.test(name))
  expect(files).toHaveLength(before.length)
  store = new StoreProcess({ store: folder, data: folder })
  const page = await store.ask('page', { view: 'bars_1h', entity: 'X', range: ALL, limit: 10_000, after: null })
  expect(page).toMatchObject({ ok: true, value: { size: await rowsStored() } })
})

test('a damaged or missing history is refused by name', async () => {
  const ask = (file: string) => store.ask('backfill', { ...backfill(ALL), source: { kind: 'BARS_FILE', file } })
  expect(await ask('none.csv.gz')).toMatchObject({ ok: false, error: { code: 'NO_SOURCE' } })
  const data = path.resolve(import.meta.dirname, '../../data')
  const other = new StoreProcess({ store: folder, data })
  const readme = await other.ask('backfill', {
    ...backfill(ALL),
    source: { kind: 'BARS_FILE', file: 'hourly/README.md' },
  })
  expect(readme).toMatchObject({
    ok: false,
    error: { code: 'CORRUPT_SOURCE', message: expect.stringContaining('README') },
  })
  await other.close()
})

test('more than can wait is refused at once', async () => {
  const asked = Array.from({ length: 40 }, () => store.ask('newest', { view: 'bars_1h', entity: 'X', range: ALL }))
  const results = await Promise.all(asked)
  expect(results.filter((result) => !result.ok && result.error.code === 'BUSY')).toHaveLength(8)
  expect(results.filter(({ ok }) => ok)).toHaveLength(32)
})

test('the process ends with its platform', async () => {
  await store.ask('newest', { view: 'bars_1h', entity: 'X', range: ALL })
  const { pid } = store
  await store.close()
  const isGone = () => {
    try {
      process.kill(pid ?? 0, 0)
      return false
    } catch {
      return true
    }
  }
  await until('the process to be gone', isGone, PATIENCE_MS)
  expect(await store.ask('newest', { view: 'bars_1h', entity: 'X', range: ALL })).toMatchObject({ ok: false })
})
