// Orders through the gateway over HTTP: the platform of one process on embedded defaults, the load from another process.
import { StandaloneProcess } from '../../failure/standalone-process.ts'
import { credit, orderOf, PLACE_ORDER, quoteAsMaker, setStatus, Trader } from '../../journeys/venue.ts'
import { Visitor } from '../../journeys/visitor.ts'
import { type Samples, sideBySide } from '../samples.ts'
import { Load } from './load.ts'

const HANDS = 32
const CONNECTIONS = 256
const WARM_UP = 2_000
const MEASURED = 4_000
const RATE = 500
const RATED = 2_500
const ORDERS_PER_BATCH = 500
const BATCH_WARM_UP = 10
const BATCHES = 50
const BATCH_HANDS = 4
const PLACE_ORDERS = /* GraphQL */ `
  mutation PlaceOrders($input: PlaceOrdersInput!) {
    placeOrders(input: $input) { __typename ... on OrdersPlaced { results { __typename ... on Refusal { code message } } } }
  }
`

export interface GatewayFigure {
  readonly what: string
  readonly ordersPerSecond: string
  readonly p50Ms: string
  readonly p99Ms: string
  readonly target: string
}

export async function measureGateway(): Promise<GatewayFigure[]> {
  const platform = await StandaloneProcess.create()
  try {
    await platform.start()
    const load = await fundedLoad(platform)
    try {
      return await measure(load)
    } finally {
      load.close()
    }
  } finally {
    await platform.remove()
  }
}

async function fundedLoad(platform: StandaloneProcess): Promise<Load> {
  const visitor = new Visitor(platform.graphqlUrl)
  const operator = await platform.operator()
  await setStatus(operator, 'BTC-USDT', 'TRADING')
  const trader = await Trader.register(visitor, 'bench')
  await credit(operator, trader.userId, 'USDT', '500000000')
  await credit(operator, trader.userId, 'BTC', '10000')
  await quoteAsMaker(operator, trader)
  return new Load(platform.graphqlUrl, trader.accessToken, CONNECTIONS)
}

async function measure(load: Load): Promise<GatewayFigure[]> {
  const figures: GatewayFigure[] = []
  for (const [what, order] of WORKLOADS) {
    const one = (index: number) => JSON.stringify({ query: PLACE_ORDER, variables: { input: order(index) } })
    const place = async (index: number) => checkOne(await load.post(one(index)))
    await sideBySide(WARM_UP, HANDS, place)
    const closed = await sideBySide(MEASURED, HANDS, place)
    figures.push(figure(`placeOrder, ${what}, ${HANDS} at a time`, closed.samples, closed.perSecond, '≥ 1,500/s'))
    const open = await load.openLoop(RATED, RATE, one, checkOne)
    figures.push(figure(`placeOrder, ${what}, ${RATE} a second come what may`, open, RATE, 'p99 ≤ 30 ms'))
    const placeBatch = async (index: number) => checkBatch(await load.post(batch(order, index)))
    await sideBySide(BATCH_WARM_UP, BATCH_HANDS, placeBatch)
    const batches = await sideBySide(BATCHES, BATCH_HANDS, placeBatch)
    const perSecond = batches.perSecond * ORDERS_PER_BATCH
    const batched = `placeOrders of ${ORDERS_PER_BATCH}, ${what}, ${BATCH_HANDS} at a time`
    figures.push(figure(batched, batches.samples, perSecond, '≥ 20,000 orders/s'))
  }
  return figures
}

type Workload = (index: number) => object

/** A maker's quotes, and orders of which each second trades in full with the one before it. */
const WORKLOADS: readonly (readonly [what: string, order: Workload])[] = [
  [
    'resting',
    (index) => orderOf({ side: 'BUY', price: `${50_000 + (index % 1_000)}`, quantity: '0.001', timeInForce: 'GTC' }),
  ],
  [
    'trading',
    (index) => ({
      ...orderOf({ side: index % 2 === 0 ? 'SELL' : 'BUY', price: '60000', quantity: '0.001', timeInForce: 'GTC' }),
      selfTradePrevention: 'NONE',
    }),
  ],
]

function batch(order: Workload, index: number): string {
  const orders = Array.from({ length: ORDERS_PER_BATCH }, (_, at) => order(index * ORDERS_PER_BATCH + at))
  return JSON.stringify({ query: PLACE_ORDERS, variables: { input: { orders } } })
}

function checkOne(text: string): void {
  if (!text.includes('"OrderPlaced"')) throw new Error(text.slice(0, 400))
}

function checkBatch(text: string): void {
  if (text.split('"OrderPlaced"').length - 1 !== ORDERS_PER_BATCH) throw new Error(text.slice(0, 400))
}

function figure(what: string, samples: Samples, perSecond: number, target: string): GatewayFigure {
  return {
    what,
    ordersPerSecond: perSecond.toFixed(0),
    p50Ms: samples.percentile(0.5).toFixed(1),
    p99Ms: samples.percentile(0.99).toFixed(1),
    target,
  }
}
