import { spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { marketDataChannel } from '@opsource/bus/contracts'
import { RedisCache } from '@opsource/cache'
import { poolConfig } from '@opsource/database'
import { type Clock, systemClock } from '@opsource/kernel'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { SyntheticMarket } from '../../subgraphs/anya/src/testing/synthetic-market.ts'
import { type Analyst, AnalystStage } from '../support/analyst-stage.ts'
import { type RedisServer, redisMissing, startRedis } from '../support/redis.ts'
import { serversAreRequired } from '../support/server-process.ts'
import { until } from '../support/waiting.ts'
import { AskedChampion } from './asked-champion.ts'
import { base64, file, HOSTILE_UPLOADS, unreadable, uploadOf } from './hostile-uploads.ts'
import { modelEvidence } from './model-evidence.ts'

const [BTC, ETH] = ['BTC-USDT', 'ETH-USDT']
const PATIENCE_MS = 90_000
/** A training has what others leave of the processors. */
const TRAINING_MS = 300_000
const HOUR_MS = 3_600_000
const log = pino({ level: 'silent' })
const REGISTERING = path.resolve(import.meta.dirname, '../../subgraphs/anya/src/testing/registering-process.ts')

const UPLOAD = `mutation ($input: UploadModelInput!) { uploadModel(input: $input) {
__typename ... on Refusal { code } ... on ModelRejected { check } ... on ModelUploadUnreadable { field }
  } }`
const ADD_PART = `mutation ($input: ModelFilePartInput!) { addModelFilePart(input: $input) {
__typename ... on Refusal { code } ... on ModelUploadUnreadable { field }
  } }`
const TRAIN = `mutation ($input: TrainModelInput!) { trainModel(input: $input) { ... on TrainingQueued { run { id } } } }`
const RUN = `query ($id: ID!) { trainingRun(id: $id) { status failure { code } modelVersion { version } } }`

const MADE_AT = `query ($markets: [_Any!]!) { _entities(representations: $markets) { ... on Market { prediction { madeAt } } } }`
const registeredSchema = z.object({ version: z.number(), isNew: z.boolean() })

/** The machine's, with what somebody has set it on or back by. */
class WallClock implements Clock {
  offsetMs = 0
  now(): number {
    return systemClock.now() + this.offsetMs
  }
}

const clock = new WallClock()
const options = () => ({ symbols: [BTC, ETH], dataDirectory: folder, tickMs: 250 })
let redis: RedisServer
let stage: AnalystStage
let admin: Client
let folder: string
let analyst: Analyst
let asked: AskedChampion
let markets: Map<string, SyntheticMarket>
let lives: NodeJS.Timeout
let before: Awaited<ReturnType<typeof modelEvidence>>
/** Threads in the order of their start: of those that run the champion's is the first. */
const threads: Worker[] = []
const onThread = (message: unknown) => {
  if (message && typeof message === 'object' && 'worker' in message && message.worker instanceof Worker)
    threads.push(message.worker)
}

/** As dash33 does: word of the market, and now and then its whole book. Nobody hears it while Redis is away. */
async function live(market: SyntheticMarket): Promise<void> {
  await market
    .open()
    .then(() => market.move(0))
    .catch(() => {})
}

async function figure(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const values = (await analyst.metrics.getSingleMetric(name)?.get())?.values ?? []
  const isAsked = (given: Readonly<Record<string, string | number | undefined>>) =>
    Object.entries(labels).every(([label, value]) => given[label] === value)
  return values.find((value) => isAsked(value.labels))?.value ?? 0
}

describe.skipIf(redisMissing !== null && !serversAreRequired)(
  `a champion that is asked all the time${redisMissing ? ` (${redisMissing})` : ''}`,
  () => {
    beforeAll(async () => {
      redis = await startRedis()
      const cache = new RedisCache({ url: redis.url, log })
      stage = await AnalystStage.open({ clock, ports: { cache } })
      admin = new Client(poolConfig(stage.fresh.adminUrl))
      await admin.connect()
      folder = await mkdtemp(path.join(tmpdir(), 'opsource-anya-'))
      markets = new Map()
      for (const symbol of [BTC, ETH]) markets.set(symbol, await stage.market(symbol))
      lives = setInterval(() => {
        for (const market of markets.values()) void live(market)
      }, 250)
      subscribe('worker_threads', onThread)
      analyst = await stage.start(options())
      asked = await AskedChampion.begin(analyst, [BTC, ETH])
    })
    afterAll(async () => {
      clearInterval(lives)
      await asked?.stop()
      await admin?.end()
      await stage?.close()
      await redis?.stop()
      unsubscribe('worker_threads', onThread)
      await rm(folder, { recursive: true, force: true })
    })
    beforeEach(async () => {
      before = await modelEvidence(admin, folder)
      asked.answers = 0
    })
    afterEach(async () => {
      await asked.forecastAnew()
      asked.allow()
      expect(asked.faults.splice(0)).toEqual([])
      expect(asked.answers).toBeGreaterThan(0)
      expect(await modelEvidence(admin, folder)).toEqual(before)
    })

    test.each(HOSTILE_UPLOADS)('goes on where a file is uploaded that %s', async (_, input, refusal) => {
      expect((await analyst.ask(UPLOAD, { input: input() })).uploadModel).toEqual(refusal)
    })

    test('goes on where parts are handed in that are too large', async () => {
      const part = { sha256: '0'.repeat(64), index: 0, base64: base64(new Uint8Array(128 * 1024 + 1)) }
      expect((await analyst.ask(ADD_PART, { input: part })).addModelFilePart).toEqual(unreadable('base64'))
    })

    test('goes on where a market says what is no number, or leaves something out', async () => {
      const refused = () => figure('opsource_anya_refused_messages_total', { symbol: BTC })
      const resynchronised = () => figure('opsource_anya_resynchronisations_total', { symbol: BTC, reason: 'GAP' })
      const [refusedBefore, gapsBefore] = [await refused(), await resynchronised()]
      const wrong = ['{"bids": [[NaN, 1]]}', '{"bids": [[null, 1]]}', '{"bids": [["NaN", 1]]}', '', '[]']
      for (const text of wrong) await stage.ports.cache.publish(marketDataChannel(BTC), text)
      await expect.poll(refused).toBe(refusedBefore + wrong.length)
      markets.get(BTC)?.lose()
      await expect.poll(resynchronised).toBeGreaterThan(gapsBefore)
    })

    test('goes on where there are too few data to train on', async () => {
      const id = await asking({ bars: 1_000 })
      expect(await ended(id)).toEqual({ status: 'FAILED', failure: { code: 'INVALID_DATA' }, modelVersion: null })
    })

    test('goes on where the disk is full while a training writes', async () => {
      const id = await asking({ bars: 4_200, folds: 3, rounds: 10, models: 1 })
      const own = path.join(folder, 'training', id)
      await mkdir(own, { recursive: true })
      for (const fold of [1, 2, 3])
        await symlink('/dev/full', path.join(own, `fold-${fold}.json.1.tmp`)).catch(() => {})
      expect(await ended(id)).toEqual({ status: 'FAILED', failure: { code: 'DISK_FULL' }, modelVersion: null })
    })

    test('goes on where trainers register at once: each model is a version of its own, whole, and the same is the same', async () => {
      const trainers = [2, 3, 2, 3].map((weight) => registering(weight))
      await Promise.all(trainers.map(({ ready }) => ready))
      for (const { process } of trainers) process.stdin.end()
      const registered = await Promise.all(trainers.map(({ answer }) => answer))
      expect(registered.map(({ version }) => version).toSorted()).toEqual([3, 3, 4, 4])
      expect(registered.filter(({ isNew }) => isNew)).toHaveLength(2)
      const after = await modelEvidence(admin, folder)
      expect(after.registry.model_alias).toEqual(before.registry.model_alias)
      for (const table of ['model_version', 'model_transition'])
        expect(after.registry[table]).toHaveLength((before.registry[table] ?? []).length + 2)
      before = after
    })

    test('goes on where its thread dies with a batch in hand: that one is refused, and another thread is there at once', async () => {
      const of = { model: 'mid-direction 1' }
      const restarts = () => figure('opsource_anya_inference_restarts_total', of)
      const away = () => figure('opsource_anya_inference_refusals_total', { ...of, reason: 'MODEL_AWAY' })
      const [restartsBefore, awayBefore] = [await restarts(), await away()]
      dieWithTheNextBatch(threads.find(({ threadId }) => threadId > 0))
      await expect.poll(restarts).toBe(restartsBefore + 1)
      expect(await away()).toBeGreaterThan(awayBefore)
    })

    test('goes on where the clock is set back, and never shows what lies ahead', async () => {
      const ahead = async () => {
        const { _entities } = await analyst.ask(MADE_AT, { markets: [{ __typename: 'Market', symbol: BTC }] })
        const madeAt = _entities[0].prediction?.madeAt
        return madeAt === undefined ? null : Date.parse(madeAt) - clock.now()
      }
      asked.allow(BTC, ETH)
      for (const step of [-HOUR_MS, HOUR_MS]) {
        clock.offsetMs += step
        expect((await ahead()) ?? 0).toBeLessThan(5_000)
        await expect
          .poll(async () => Math.abs((await ahead()) ?? HOUR_MS), { timeout: PATIENCE_MS })
          .toBeLessThan(20_000)
        await asked.forecastAnew()
      }
    })

    test('goes on for the others where a market stops trading, and for that one says nothing', async () => {
      const stopped = markets.get(BTC)!
      asked.allow(BTC)
      markets.delete(BTC)
      await asked.fallenSilent(BTC)
      await asked.forecastAnew([ETH])
      markets.set(BTC, stopped)
      await asked.forecastAnew([BTC])
    })

    test('goes on where Redis is lost: it says nothing of markets that it does not hear, and takes no file that it cannot count', async () => {
      asked.allow(BTC, ETH)
      const back = await redis.kill()
      const { uploadModel } = await analyst.ask(UPLOAD, { input: uploadOf(file()) })
      expect(uploadModel).toEqual({ __typename: 'ModelUploadBusy', code: 'MODEL_UPLOAD_BUSY' })
      await Promise.all([asked.fallenSilent(BTC), asked.fallenSilent(ETH)])
      await back()
    })

    test('serves after a restart as before', async () => {
      await asked.stop()
      await stage.stop(analyst)
      analyst = await stage.start(options())
      asked = await AskedChampion.begin(analyst, [BTC, ETH])
    })
  },
)

async function asking(parameters: Readonly<Record<string, number>>): Promise<string> {
  const named = Object.entries(parameters).map(([name, value]) => ({ name, value }))
  const { trainModel } = await analyst.ask(TRAIN, { input: { recipe: 'hourly-return', parameters: named } })
  return String(trainModel.run.id)
}

async function ended(id: string) {
  const run = async () => (await analyst.ask(RUN, { id })).trainingRun
  await until(`training ${id} ends`, async () => /FAILED|SUCCEEDED/.test((await run()).status), TRAINING_MS)
  return run()
}

/** The thread dies of the message before the batch, which lies with it by then. */
function dieWithTheNextBatch(thread: Worker | undefined): void {
  if (!thread) throw new Error('there is no thread')
  const post = thread.postMessage.bind(thread)
  thread.postMessage = (message: unknown, transfer?: Parameters<Worker['postMessage']>[1]) => {
    thread.postMessage = post
    post(null)
    post(message, transfer ?? [])
  }
}

function registering(weight: number) {
  const child = spawn(process.execPath, [REGISTERING, stage.fresh.url, String(weight)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const ready = until('the trainer is ready', () => said.startsWith('ready\n'), PATIENCE_MS)
  const answer = once(child, 'close').then(() => registeredSchema.parse(JSON.parse(said.slice('ready\n'.length))))
  return { process: child, ready, answer }
}
