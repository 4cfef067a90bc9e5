import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Instrument, listRecording, NotARecordingError, noCounts, readSteps } from './index.ts'

const SHIPPED = path.resolve(import.meta.dirname, '../../../../data/binance-btc-eth-2024-08-08')
const markets = [
  new Instrument('BTC-USDT', 'BTC', 'USDT', '0.01', '0.00001'),
  new Instrument('ETH-USDT', 'ETH', 'USDT', '0.01', '0.0001'),
]
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'recording-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function drain(directory: string, counts = noCounts()) {
  let steps = 0
  for await (const _ of readSteps(await listRecording(directory), markets, 20, counts)) steps++
  return steps
}

test('the shipped recording replays without a gap, in order, and agrees with its own best prices', {
  timeout: 60_000,
}, async () => {
  const counts = noCounts()
  const agreed = new Map(markets.map((market) => [market.symbol, { steps: 0, equal: 0, trades: 0 }]))
  let previous = 0
  for await (const step of readSteps(await listRecording(SHIPPED), markets, 20, counts)) {
    expect(step.time).toBeGreaterThanOrEqual(previous)
    previous = step.time
    const market = markets.find((each) => each.symbol === step.symbol)
    const tally = agreed.get(step.symbol)
    if (market === undefined || tally === undefined || step.touch === null)
      throw new Error('a step without a market or best prices')
    tally.steps++
    tally.trades += step.trades.length
    const equal =
      step.view.bids[0]?.price === market.ticks(step.touch.bidPrice) &&
      step.view.asks[0]?.price === market.ticks(step.touch.askPrice)
    if (equal) tally.equal++
  }
  expect(counts).toEqual({ lines: 179318, malformed: 0, gaps: 0, staleDiffs: 4, tradesBeforeBook: 0 })
  expect(agreed.get('BTC-USDT')).toEqual({ steps: 6493, equal: 6491, trades: 19904 })
  expect(agreed.get('ETH-USDT')).toEqual({ steps: 6468, equal: 6468, trades: 14515 })
})

test('a malformed line is counted and skipped', async () => {
  const directory = await mkdtemp(path.join(folder, 'bad-line-'))
  const lines = ['1 {"lastUpdateId":1,"bids":[],"asks":[]}', 'what is this', diffLine(2), diffLine(3), '']
  await writeFile(path.join(directory, 'spot_btcusdt_20240101.gz'), gzipSync(lines.join('\n')))
  const counts = noCounts()
  expect(await drain(directory, counts)).toBe(2)
  expect(counts).toMatchObject({ lines: 4, malformed: 1 })
})

test.each([
  ['is text of another kind', gzipSync('no recording\n'.repeat(50))],
  ['is empty', gzipSync('')],
  ['is not compressed', Buffer.from('1 {"lastUpdateId":1,"bids":[],"asks":[]}\n')],
  ['is cut short', gzipSync(`${diffLine(2)}\n`.repeat(5000)).subarray(0, 200)],
])('a file that %s is named in a clear error', async (_, content) => {
  const directory = await mkdtemp(path.join(folder, 'no-recording-'))
  await writeFile(path.join(directory, 'spot_btcusdt_20240101.gz'), content)
  await expect(drain(directory)).rejects.toThrow(NotARecordingError)
  await expect(drain(directory)).rejects.toThrow('spot_btcusdt_20240101.gz')
})

test('a folder that is missing, empty, or holds other markets is named in a clear error', async () => {
  await expect(drain(path.join(folder, 'nowhere'))).rejects.toThrow('cannot read the folder')
  await expect(drain(await mkdtemp(path.join(folder, 'empty-')))).rejects.toThrow('holds no recording')
  const other = await mkdtemp(path.join(folder, 'other-'))
  await writeFile(path.join(other, 'spot_dogeusdt_20240101.gz'), gzipSync(diffLine(1)))
  await expect(drain(other)).rejects.toThrow('none of the markets')
})

function diffLine(updateId: number): string {
  return `1 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":${updateId * 100},"s":"BTCUSDT","U":${updateId},"u":${updateId},"b":[],"a":[]}}`
}
