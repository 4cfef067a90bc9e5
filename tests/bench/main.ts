import { arch, cpus, release, platform as system, totalmem } from 'node:os'
import { systemClock } from '@opsource/kernel'
import { z } from 'zod'
import { StandaloneProcess } from '../failure/standalone-process.ts'
import { credit, orderOf, PLACE_ORDER, setStatus, Trader } from '../journeys/venue.ts'
import { Visitor } from '../journeys/visitor.ts'
import { oneByOne, Samples, sideBySide } from './samples.ts'

const WARM_UP = 300
const MEASURED = 2_000
const HANDS = 32
const MARKET =
  '{ market(symbol: "BTC-USDT") { symbol status ticker { bestBid bestAsk lastPrice } orderBook(depth: 20) { bids { price quantity } asks { price quantity } } } }'
const BOOK = 'subscription { orderBook(symbol: "BTC-USDT", depth: 5) { kind sequence time bids { price quantity } } }'

/** Measures the platform of one process on embedded defaults, without the market in a box, through the gateway over HTTP. */
async function main(): Promise<void> {
  const platform = await StandaloneProcess.create()
  try {
    await platform.start()
    const visitor = new Visitor(platform.graphqlUrl)
    const operator = await platform.operator()
    await setStatus(operator, 'BTC-USDT', 'TRADING')
    const trader = await Trader.register(visitor, 'bench')
    await credit(operator, trader.userId, 'USDT', '500000000')
    await credit(operator, trader.userId, 'BTC', '10000')
    const rows: Row[] = [
      ...(await measureOrders(trader)),
      ...(await measureMarket(visitor)),
      ...(await measureBook(visitor, trader)),
    ]
    print(rows)
  } finally {
    await platform.remove()
  }
}

interface Row {
  readonly what: string
  readonly samples: Samples
  readonly perSecond: number | null
}

/** Pairs of orders: one rests, the next takes it. */
const pair = (index: number) => orderOf({ side: index % 2 === 0 ? 'SELL' : 'BUY', price: '60000', quantity: '0.001' })

async function measureOrders(trader: Trader): Promise<Row[]> {
  const place = async (index: number) => {
    const { data, text } = await trader.visitor.ask(PLACE_ORDER, { input: pair(index) })
    if (!JSON.stringify(data).includes('OrderPlaced')) throw new Error(text)
  }
  await oneByOne(WARM_UP, place)
  const alone = await oneByOne(MEASURED, place)
  const busy = await sideBySide(MEASURED * 2, HANDS, place)
  return [
    { what: 'placeOrder, one at a time', samples: alone, perSecond: null },
    { what: `placeOrder, ${HANDS} at a time`, ...busy },
  ]
}

async function measureMarket(visitor: Visitor): Promise<Row[]> {
  const ask = async () => {
    const { codes } = await visitor.ask(MARKET)
    if (codes.length > 0) throw new Error(codes.join())
  }
  await oneByOne(WARM_UP, ask)
  const alone = await oneByOne(MEASURED, ask)
  const busy = await sideBySide(MEASURED * 2, HANDS, ask)
  return [
    { what: 'market query with 20 levels, one at a time', samples: alone, perSecond: null },
    { what: `market query with 20 levels, ${HANDS} at a time`, ...busy },
  ]
}

const bookEvent = z.object({ orderBook: z.object({ time: z.string() }) })

/** A new best bid each time: command, commit, match, market data, gateway and socket. Engine time has a resolution of 1 ms. */
async function measureBook(visitor: Visitor, trader: Trader): Promise<Row[]> {
  const events = visitor.live(BOOK)
  await events.next()
  const matched = new Samples()
  const place = (index: number) => trader.place({ side: 'BUY', price: `${50_000 + index}`, quantity: '0.001' })
  const sent = await oneByOne(MEASURED / 2, async (index) => {
    const heard = events.next().then((event) => {
      const { orderBook } = bookEvent.parse(event.data)
      matched.add(systemClock.now() - Date.parse(orderBook.time))
    })
    await Promise.all([place(index), heard])
  })
  await events.end()
  return [
    { what: 'book update, from match to subscriber', samples: matched, perSecond: null },
    { what: 'book update, from sending the order to answer and subscriber', samples: sent, perSecond: null },
  ]
}

function print(rows: readonly Row[]): void {
  const cpu = cpus()
  console.log(
    `${cpu.length} × ${cpu[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${system()} ${release()} ${arch()}, Node ${process.version}`,
  )
  console.log('| what | count | p50 ms | p99 ms | per second |\n|---|---:|---:|---:|---:|')
  for (const { what, samples, perSecond } of rows) {
    const cells = [
      samples.percentile(0.5).toFixed(2),
      samples.percentile(0.99).toFixed(2),
      perSecond === null ? '' : perSecond.toFixed(0),
    ]
    console.log(`| ${what} | ${samples.count} | ${cells.join(' | ')} |`)
  }
}

await main()
