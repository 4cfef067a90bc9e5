import { performance } from 'node:perf_hooks'
import type { Command, PlaceOrder } from '../../../subgraphs/dash33/src/engine/commands.ts'
import { cancelOrder } from '../../../subgraphs/dash33/src/engine/core/cancelling.ts'
import {
  EXPIRE_MAKER,
  EXPIRE_TAKER,
  GTC,
  IOC,
  LIMIT,
  STOP_MARKET,
} from '../../../subgraphs/dash33/src/engine/core/codes.ts'
import { Draft } from '../../../subgraphs/dash33/src/engine/core/draft.ts'
import { Exchange } from '../../../subgraphs/dash33/src/engine/core/exchange.ts'
import { place } from '../../../subgraphs/dash33/src/engine/core/placing.ts'
import { Engine } from '../../../subgraphs/dash33/src/engine/engine.ts'
import { INSTRUMENTS, type Instrument } from '../../../subgraphs/dash33/src/market/instruments.ts'
import { mixedFlow } from '../../../subgraphs/dash33/src/match/mixed-flow.ts'
import { NEW, type Workload } from '../../../subgraphs/dash33/src/match/workload.ts'

const MARKETS = 64
const ACCOUNTS = 50_000
const QUOTE = MARKETS
const ASSETS = MARKETS + 1
const WEALTH = 100_000_000_000
const REPETITIONS = 4
const START = Date.UTC(2026, 0, 1)
const COMMANDS_PER_MS = 1_000
const COMMANDS_PER_BATCH = 1_024
/** Of the passive orders, one in so many waits as a stop on the other side of the price. */
const STOP_EVERY = 40
/** Of all orders, one in so many comes from one of a few accounts that meet their own orders. */
const BUSY_EVERY = 25
const BUSY_ACCOUNTS = 64
const TARGET_PER_SECOND = 800_000
const TARGET_P99_US = 10
const OUTER_TARGET = 250_000
const OUTER_COMMANDS = 300_000

export interface EngineFigure {
  readonly what: string
  readonly measured: string
  readonly target: string
  readonly met: boolean | null
}

/**
 * The exchange's core under load (64 markets, 50,000 accounts, holds, fees, limits, self-trade prevention, stops), then the engine around it with its
 * texts, answers and events. Audits that nothing was lost, and that each repetition ends in the same hash.
 */
export async function measureEngine(): Promise<EngineFigure[]> {
  const flow = mixedFlow()
  const rates: number[] = []
  const processor: number[] = []
  const hashes = new Set<string>()
  let latencies: Float64Array = new Float64Array(0)
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const timed = repetition === REPETITIONS - 1
    const run = new CoreRun(flow)
    const began = performance.now()
    const used = process.cpuUsage()
    if (timed) latencies = run.timed()
    else run.play(0, flow.count)
    if (!timed) {
      rates.push((flow.count / (performance.now() - began)) * 1_000)
      processor.push(process.cpuUsage(used).user / flow.count)
    }
    run.audit()
    hashes.add(run.exchange.digest.hex())
  }
  if (hashes.size !== 1) throw new Error(`the repetitions ended in ${hashes.size} different hashes`)
  latencies.sort()
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))]! * 1_000
  const best = rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)]!
  const outer = measureOuter(flow)
  return [
    figure('core: commands/s, median', rounded(best), `>= ${TARGET_PER_SECOND}`, best >= TARGET_PER_SECOND),
    figure('core: each repetition', rates.map(rounded).join(', ')),
    figure('core: processor µs a command, each repetition', processor.map((each) => each.toFixed(2)).join(', ')),
    figure('core: p50, p99, p99.9 µs', [0.5, 0.99, 0.999].map((share) => at(share).toFixed(2)).join(', ')),
    figure('core: p99 µs', at(0.99).toFixed(2), `<= ${TARGET_P99_US}`, at(0.99) <= TARGET_P99_US),
    figure('core: conservation and hash', `exact, ${[...hashes][0]}`),
    figure('engine with texts and events: commands/s', rounded(outer), `>= ${OUTER_TARGET}`, outer >= OUTER_TARGET),
  ]
}

/** One exchange that plays the flow, message i in the market of its id. */
class CoreRun {
  readonly exchange: Exchange
  private readonly flow: Workload
  private readonly draft = new Draft()
  /** By the flow's order ids. */
  private readonly orders: Float64Array

  constructor(flow: Workload) {
    this.flow = flow
    this.orders = new Float64Array(flow.count + 1)
    const numbers = Array.from({ length: MARKETS }, (_, market) => ({
      baseAsset: market,
      quoteAsset: QUOTE,
      baseUnits: 1,
      quoteUnits: 1,
    }))
    this.exchange = new Exchange(numbers, ASSETS)
    this.exchange.begin(0, START)
    for (let account = 0; account < ACCOUNTS; account++) {
      this.exchange.openAccount()
      for (let asset = 0; asset < ASSETS; asset++) this.exchange.credit(account, asset, WEALTH)
    }
    this.exchange.balances.touched.clear()
    this.exchange.end()
  }

  play(from: number, to: number): void {
    for (let i = from; i < to; i++) this.apply(i)
  }

  /** @returns milliseconds of each command */
  timed(): Float64Array {
    const each = new Float64Array(this.flow.count)
    for (let i = 0; i < each.length; i++) {
      const began = performance.now()
      this.apply(i)
      each[i] = performance.now() - began
    }
    return each
  }

  /** All that was credited is there, to the last unit. */
  audit(): void {
    const { balances } = this.exchange
    for (let asset = 0; asset < ASSETS; asset++) {
      let sum = BigInt(balances.fees[asset]!)
      for (let account = 0; account < ACCOUNTS; account++) {
        sum += BigInt(balances.available(account, asset)) + BigInt(balances.held(account, asset))
      }
      if (sum !== BigInt(balances.supply[asset]!))
        throw new Error(`asset ${asset}: ${sum} of ${balances.supply[asset]}`)
    }
  }

  private apply(i: number): void {
    const { exchange } = this
    const id = this.flow.id[i]!
    if (i % COMMANDS_PER_BATCH === 0) exchange.balances.touched.clear()
    exchange.begin(i + 1, START + Math.floor(i / COMMANDS_PER_MS))
    if (this.flow.type[i] === NEW) this.place(i, id)
    else cancelOrder(exchange, accountOf(id), exchange.index.get(this.orders[id]!))
    exchange.end()
  }

  private place(i: number, id: number): void {
    const { side, price, quantity, immediate } = this.flow
    const draft = this.draft
    draft.account = accountOf(id)
    draft.market = id % MARKETS
    draft.side = side[i] === 0 ? 0 : 1
    draft.quantity = quantity[i]!
    draft.timeInForce = immediate[i] === 1 ? IOC : GTC
    draft.selfTrade = id % 2 === 0 ? EXPIRE_TAKER : EXPIRE_MAKER
    const stops = immediate[i] === 0 && id % STOP_EVERY === 0
    draft.type = stops ? STOP_MARKET : LIMIT
    // A passive buy lies below the price: as a sell stop it waits for the price to fall there.
    if (stops) draft.side = draft.side === 0 ? 1 : 0
    draft.price = stops ? 0 : price[i]!
    draft.stop = stops ? price[i]! : 0
    const slot = place(this.exchange, draft)
    if (slot >= 0) this.orders[id] = this.exchange.orders.pool.id[slot]!
  }
}

function accountOf(id: number): number {
  const spread = Math.imul(id, 2_654_435_761) >>> 0
  return id % BUSY_EVERY === 0 ? spread % BUSY_ACCOUNTS : spread % ACCOUNTS
}

const instruments: Instrument[] = Array.from({ length: MARKETS }, (_, market) => ({
  ...INSTRUMENTS[0]!,
  symbol: `A${market}-USDT`,
  baseAsset: `A${market}`,
  baseUnitsPerLot: 1,
  quoteUnitsPerTickLot: 1,
}))

/** The same flow as commands with texts, in batches, with every answer and event made. @returns commands a second */
function measureOuter(flow: Workload): number {
  const engine = new Engine(instruments)
  const wealthy = 5_000
  const opening: Command[] = []
  for (let account = 0; account < wealthy; account++) {
    const accountId = `account ${account}`
    opening.push({ kind: 'OPEN_ACCOUNT', accountId, userId: `user ${account}` })
    for (let market = 0; market < 32; market++) {
      const asset = market === 0 ? 'USDT' : `A${(account + market) % MARKETS}`
      opening.push({ kind: 'CREDIT', accountId, asset, amount: WEALTH, reference: `${account} ${asset}` })
    }
  }
  for (let i = 0; i < opening.length; i += COMMANDS_PER_BATCH) {
    engine.applyBatch(opening.slice(i, i + COMMANDS_PER_BATCH), START)
  }
  const commands = Array.from({ length: OUTER_COMMANDS }, (_, i) => commandOf(flow, i, wealthy))
  const began = performance.now()
  for (let i = 0; i < commands.length; i += COMMANDS_PER_BATCH) {
    engine.applyBatch(commands.slice(i, i + COMMANDS_PER_BATCH), START + 1 + Math.floor(i / COMMANDS_PER_MS))
  }
  return (commands.length / (performance.now() - began)) * 1_000
}

function commandOf(flow: Workload, i: number, wealthy: number): Command {
  const id = flow.id[i]!
  const accountId = `account ${accountOf(id) % wealthy}`
  const clientOrderId = `order ${id}`
  if (flow.type[i] !== NEW) return { kind: 'CANCEL', accountId, clientOrderId }
  const order: PlaceOrder = {
    kind: 'PLACE',
    accountId,
    clientOrderId,
    symbol: `A${id % MARKETS}-USDT`,
    side: flow.side[i] === 0 ? 'BUY' : 'SELL',
    type: 'LIMIT',
    timeInForce: flow.immediate[i] === 1 ? 'IOC' : 'GTC',
    price: flow.price[i]!,
    quantity: flow.quantity[i]!,
    stopPrice: null,
    trailingAmount: null,
    trailingBps: null,
    displayQuantity: null,
    postOnly: false,
    selfTradePrevention: id % 2 === 0 ? 'EXPIRE_TAKER' : 'EXPIRE_MAKER',
    expiresAt: null,
  }
  return order
}

const rounded = (value: number) => Math.round(value).toString()

function figure(what: string, measured: string, target = '', met: boolean | null = null): EngineFigure {
  return { what, measured, target, met }
}
