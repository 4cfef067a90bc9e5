import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { demoUsers } from '@opsource/enterprise'
import { systemClock } from '@opsource/kernel'
import { playRecording, RecordedSource } from '@opsource/market'
import { getOperationAST, parse } from 'graphql'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type Platform, startPlatform } from '../journeys/stage.ts'
import { credit, Trader } from '../journeys/venue.ts'
import { type LiveEvents, Visitor } from '../journeys/visitor.ts'

/**
 * Every operation of the walkthrough, in its order, as the demo's trader, while the market in a box plays. The committed answers are
 * real ones: `WALKTHROUGH_UPDATE=1` writes them anew, and any other run holds fresh answers to their shape.
 */
const FOLDER = import.meta.dirname
const RECORDING = path.resolve(FOLDER, '../../data/binance-btc-eth-2024-08-08')
const UPDATE = process.env.WALKTHROUGH_UPDATE === '1'
/** What only a market that was watched for minutes has is waited for where the answers are written anew; else it may be missing. */
const SLOW = new Set(['16-forecasts', '18-patterns', '19-anomalies'])
const SLOW_PATIENCE = { timeout: 600_000, interval: 1_000 }
/** A snapshot and the two deltas after it. */
const EVENTS = 3
/** A busy machine may take long to come to its first price. */
const PATIENCE = { timeout: 90_000, interval: 200 }

const names = (await readdir(FOLDER))
  .filter((file) => file.endsWith('.graphql'))
  .map((file) => path.basename(file, '.graphql'))
  .sort()

let platform: Platform
let trader: Trader
let playing: Promise<void>
const stop = new AbortController()

beforeAll(async () => {
  platform = await startPlatform('standalone')
  const visitor = new Visitor(platform.graphqlUrl)
  const { email, password } = demoUsers.trader
  trader = await Trader.logIn(visitor, email, password)
  await trader.accountOpened()
  const operator = visitor.as(await platform.operator())
  const funds = { USDT: '100000', BTC: '1', ETH: '10' }
  for (const [asset, amount] of Object.entries(funds)) await credit(operator, trader.userId, asset, amount)
  const { graphqlUrl: gatewayUrl, marketKeys: keys } = platform
  const quiet = { tell: () => {}, onReport: () => {} }
  const how = { speed: 1, loop: true, depth: 20, seed: 1, judge: false, recordedMs: null, clock: systemClock }
  const source = await RecordedSource.open(RECORDING)
  playing = playRecording({ gatewayUrl, keys, source, ...how, ...quiet, stop: stop.signal })
  // A market that ends is the reason why no price comes.
  const arePriced = async () => expect(await unpriced(visitor)).toEqual([])
  await Promise.race([playing, vi.waitFor(arePriced, PATIENCE)])
})
afterAll(async () => {
  stop.abort()
  await playing
  await trader?.visitor.leave()
  await platform?.stop()
})

test.each(names)('%s', { timeout: UPDATE ? 660_000 : 120_000 }, async (name) => {
  const query = await readFile(path.join(FOLDER, `${name}.graphql`), 'utf8')
  const variables = await variablesOf(name)
  const answer =
    getOperationAST(parse(query))?.operation === 'subscription'
      ? await listen(query, variables)
      : await ask(query, variables, SLOW.has(name))
  expect(JSON.stringify(answer)).not.toContain('"errors"')
  const file = path.join(FOLDER, 'answers', `${name}.json`)
  if (UPDATE) await writeFile(file, `${JSON.stringify(withoutSecrets(answer), null, 2)}\n`)
  const committed: unknown = JSON.parse(await readFile(file, 'utf8'))
  expect(differences(withoutSecrets(answer), committed), JSON.stringify(withoutSecrets(answer))).toEqual([])
})

async function ask(query: string, variables: Readonly<Record<string, unknown>>, isSlow: boolean): Promise<unknown> {
  let answer: unknown
  const isWhole = async () => {
    const { text } = await trader.visitor.ask(query, variables)
    answer = JSON.parse(text)
    const isComplete = isSlow
      ? !UPDATE || !/\[\]|"(returnQuantiles|prediction)":null/.test(text)
      : !hasEmptyList(answer)
    return isComplete && !text.includes('"message"')
  }
  // What is told by an event may take a moment to arrive, and on a busy machine the market's quotes may be away for one.
  await vi.waitUntil(isWhole, isSlow && UPDATE ? SLOW_PATIENCE : PATIENCE).catch(() => undefined) // The answer itself then says what was wrong.
  return answer
}

/** Listens to a few events of the book; what is the trader's own comes of an order that is placed meanwhile. */
async function listen(query: string, variables: Record<string, unknown>): Promise<unknown> {
  const events: LiveEvents = trader.visitor.live(query, variables)
  const heard: unknown[] = []
  const isOwn = /notificationReceived|orderUpdates/.test(query)
  // Of an order that trades at once there are two changes at least.
  const count = query.includes('notificationReceived') ? 1 : query.includes('orderUpdates') ? 2 : EVENTS
  while (heard.length < count) {
    const next = events.next()
    // An order that is placed before the listening has begun is not heard of.
    if (isOwn)
      await expect.poll(() => Promise.race([next, bought()]), { ...PATIENCE, interval: 1_000 }).toBeTypeOf('object')
    heard.push(await next)
  }
  await events.end()
  return heard
}

async function bought(): Promise<boolean> {
  const { order } = await trader.place({ side: 'BUY', type: 'MARKET', quantity: '0.001' })
  return order.status === 'FILLED'
}

async function variablesOf(name: string): Promise<Record<string, unknown>> {
  const text = await readFile(path.join(FOLDER, `${name}.variables.json`), 'utf8').catch(() => '{}')
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text))
}

const tickers = z.object({
  markets: z.array(
    z.object({
      prediction: z.object({}).nullable(),
      ticker: z.object({
        bestBid: z.string().nullable(),
        bestAsk: z.string().nullable(),
        lastPrice: z.string().nullable(),
      }),
    }),
  ),
})

/** @returns the markets that something of a price is missing of. */
async function unpriced(visitor: Visitor): Promise<unknown[]> {
  const { markets } = await visitor.get(
    tickers,
    '{ markets { prediction { direction } ticker { bestBid bestAsk lastPrice } } }',
  )
  return markets.filter(({ prediction, ticker }) => prediction === null || Object.values(ticker).includes(null))
}

const hasEmptyList = (value: unknown): boolean => JSON.stringify(value).includes('"edges":[]')

/** Tokens are real, and nobody else's business. */
function withoutSecrets(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'eyJ…')
    .replace(/("refreshToken":")[^"]+/g, '$1…')
  return JSON.parse(text)
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** @returns the paths where one value has other names or kinds of values than the other. Null fits anything, and an empty list any list. */
function differences(a: unknown, b: unknown, at = '$'): string[] {
  if (a === null || b === null) return []
  if (Array.isArray(a) && Array.isArray(b)) return a.length && b.length ? differences(a[0], b[0], `${at}[0]`) : []
  if (isObject(a) && isObject(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)])
    return [...names].flatMap((name) =>
      name in a && name in b ? differences(a[name], b[name], `${at}.${name}`) : [`${at}.${name}`],
    )
  }
  return typeof a === typeof b ? [] : [at]
}
