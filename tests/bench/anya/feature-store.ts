import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { MemoryCache } from '@opsource/cache'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { HISTORIES } from '../../../subgraphs/anya/src/feature-store/histories.ts'
import { StoreProcess } from '../../../subgraphs/anya/src/feature-store/offline/store-process.ts'
import { OnlineStore } from '../../../subgraphs/anya/src/feature-store/online.ts'
import { VIEWS } from '../../../subgraphs/anya/src/feature-store/views/index.ts'
import { Samples } from '../samples.ts'

const ALWAYS = { from: 0, to: Date.UTC(2100, 0) }
const HOUR_MS = 3_600_000
const MOMENTS = 200_000
const VECTORS = 20_000
const seconds = (since: number) => (performance.now() - since) / 1_000
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** Processor time of a process, its threads included, in seconds; NaN where the system does not tell. */
async function processorSeconds(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [user, system] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) / TICKS_PER_SECOND
}

/** What the feature store takes on the histories that come with the code, and what is left of this thread meanwhile. */
export async function measureFeatureStore(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'opsource-bench-'))
  const store = new StoreProcess({ store: folder, data: path.resolve(import.meta.dirname, '../../../data') })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  try {
    const rows: object[] = []
    let [since, used] = [performance.now(), 0]
    const note = async (what: string, count: number) => {
      const now = await processorSeconds(store.pid)
      rows.push({ what, rows: count, seconds: seconds(since), 'processor s': now - used })
      ;[since, used] = [performance.now(), now]
    }
    for (const { view, entity, source } of HISTORIES) {
      const done = await store.ask('backfill', {
        ...{ view, entity, range: ALWAYS, source, now: systemClock.now(), repair: false },
      })
      if (!done.ok) throw new Error(done.error.message)
      await note(`backfill ${view} ${entity}`, done.value.computed)
    }
    const times = Float64Array.from({ length: MOMENTS }, (_, i) => Date.UTC(2007, 1) + ((i * 7_919) % 90_000) * HOUR_MS)
    const known = await store.ask('knownAt', { view: 'bars_1h', entity: 'EUR-USD', times })
    if (!known.ok) throw new Error(known.error.message)
    await note('join as of moments', known.value.size)
    const year = (of: number) => ({ from: Date.UTC(of, 0), to: Date.UTC(of + 1, 0) })
    const drift = await store.ask('drift', {
      view: 'bars_1h',
      entity: 'EUR-USD',
      reference: year(2016),
      recent: year(2018),
    })
    if (!drift.ok) throw new Error(drift.error.message)
    await note('drift, a year against another', drift.value.referenceRows + drift.value.recentRows)
    console.table(rows)
    console.log(`event loop of this thread meanwhile: p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`)
  } finally {
    delay.disable()
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
  await measureOnline()
}

async function measureOnline(): Promise<void> {
  const [known] = VIEWS
  if (!known) return
  const cache = new MemoryCache({ clock: systemClock, log: pino({ level: 'silent' }) })
  const online = new OnlineStore({ cache, clock: systemClock }, { onlineFailed: () => {} })
  const now = systemClock.now()
  const [put, get] = [new Samples(), new Samples()]
  for (let i = 0; i < VECTORS; i++) {
    const values = Float32Array.from(known.view.features, (_, j) => Math.sin(i + j))
    const row = { eventTime: now - VECTORS + i, availableAt: now - VECTORS + i, values }
    const [begun, written] = [performance.now(), await online.put(known.view, 'X', row)]
    const between = performance.now()
    await online.get(known.view, 'X')
    if (!written) throw new Error('a newer row was not written')
    put.add(between - begun)
    get.add(performance.now() - between)
  }
  const figures = Object.entries({ put, get }).map(([what, samples]) => ({
    what: `online ${what}, memory`,
    'p50 µs': samples.percentile(0.5) * 1_000,
    'p99 µs': samples.percentile(0.99) * 1_000,
  }))
  console.table(figures)
}
