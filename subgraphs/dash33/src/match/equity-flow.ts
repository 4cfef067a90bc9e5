import { BUY, SELL, type SideCode } from '../book/index.ts'
import { MersenneTwister } from './mersenne-twister.ts'
import { CANCEL, MODIFY, NEW, Workload } from './workload.ts'

/** Annual volatility, and the swing of the whole session, as fractions. */
export const SCENARIOS = {
  static: { volatility: 0, swing: 0 },
  normal: { volatility: 0.15, swing: 0.02 },
  'swing-25': { volatility: 0.5, swing: 0.25 },
  'swing-40': { volatility: 0.5, swing: 0.4 },
  'flash-crash': { volatility: 0.5, swing: 0.6 },
} as const
export type Scenario = keyof typeof SCENARIOS

/** What the benchmark publishes its hashes for. */
export const CANONICAL_ORDERS = 1_000_000
export const CANONICAL_SEED = 23

/** Dollars. */
const TICK_SIZE = 0.005
const START = 167.52

/** Of the distance to the mid price: a power law with a hump of liquidity near the touch. */
const DEEPEST = 799
const DEPTH_EXPONENT = 2.23
const HUMP_HEIGHT = 5
const HUMP_CENTRE = 8

const LARGEST_ORDER = 100
const IMMEDIATE_SHARE = 0.15
const MODIFIED_SHARE = 0.2
const REPRICED_SHARE = 0.8
const CANCELLED_SHARE = 0.95
/** Cancels sent twice, and modifies sent after the cancel: both are answered with a rejection. */
const REPEATED_SHARE = 0.02

interface Order {
  readonly side: SideCode
  readonly price: number
  readonly quantity: number
}

/**
 * The order flow of the public matching-engine benchmark (workload/generator.cpp, MIT): a mid price that walks at random, buys placed below its first half and
 * sells above its second, shuffled, each then perhaps modified and mostly cancelled. The draws come in its order, so the files are equal to the byte;
 * the source draws times, too, but as its clock never runs backwards they only order messages as they were made.
 */
export function equityFlow(scenario: Scenario, orders = CANONICAL_ORDERS, seed = CANONICAL_SEED): Workload {
  const random = new MersenneTwister(seed)
  const placed = place(random, scenario, orders)
  const workload = new Workload(Math.ceil(orders * 2.05))
  for (const index of shuffled(random, orders)) live(random, workload, index + 1, placed[index]!)
  return workload
}

function place(random: MersenneTwister, scenario: Scenario, orders: number): Order[] {
  const { volatility, swing } = SCENARIOS[scenario]
  const interval = volatility > 0 ? (swing / volatility) ** 2 / orders : 0
  const step = volatility * Math.sqrt(interval)
  const depths = depthDistribution()
  let mid = START
  return Array.from({ length: orders }, (_, i) => {
    mid *= Math.exp(-0.5 * step * step + step * random.normal())
    const ticks = round((round(mid / TICK_SIZE) * TICK_SIZE) / TICK_SIZE)
    const distance = sample(random, depths) + 1
    const side = i < Math.floor(orders / 2) ? BUY : SELL
    const price = Math.max(1, side === BUY ? ticks - distance : ticks + distance)
    return { side, price, quantity: random.integer(1, LARGEST_ORDER) }
  })
}

/** Fisher and Yates. */
function shuffled(random: MersenneTwister, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(0, i)
    const other = order[j]!
    order[j] = order[i]!
    order[i] = other
  }
  return order
}

/** An order's life as messages. */
function live(random: MersenneTwister, workload: Workload, id: number, order: Order): void {
  const immediate = random.uniform() < IMMEDIATE_SHARE
  workload.append({ type: NEW, id, ...order, immediate })
  if (immediate) return
  const cancel = { type: CANCEL, id, ...order, immediate } as const
  let modify: { type: typeof MODIFY; id: number; immediate: false } & Order
  modify = { type: MODIFY, id, ...order, quantity: order.quantity + 1, immediate }
  const modified = random.uniform() < MODIFIED_SHARE
  if (modified) {
    random.uniform()
    const towards = order.side === BUY ? 1 : -1
    if (random.uniform() < REPRICED_SHARE) modify = { ...modify, price: order.price + towards }
    workload.append(modify)
  }
  const cancelled = random.uniform() < CANCELLED_SHARE
  if (cancelled) {
    random.uniform()
    workload.append(cancel)
    if (random.uniform() < REPEATED_SHARE) {
      random.uniform()
      workload.append(cancel)
    }
  }
  if (modified && cancelled && random.uniform() < REPEATED_SHARE) {
    random.uniform()
    workload.append(modify)
  }
}

/** Cumulative weights of the distances. */
function depthDistribution(): Float64Array {
  let sum = 0
  return Float64Array.from({ length: DEEPEST + 1 }, (_, depth) => {
    const z = depth - HUMP_CENTRE
    sum += 1 / (depth + 1) ** DEPTH_EXPONENT + HUMP_HEIGHT * Math.exp(-0.5 * z * z)
    return sum
  })
}

function sample(random: MersenneTwister, cumulative: Float64Array): number {
  const x = random.uniform() * cumulative[DEEPEST]!
  let low = 0
  let high = DEEPEST
  while (low < high) {
    const middle = (low + high) >>> 1
    if (cumulative[middle]! < x) low = middle + 1
    else high = middle
  }
  return low
}

/** To the nearest integer, halves up; `Math.round` of what is just below a half would be one too many. */
function round(x: number): number {
  const floor = Math.floor(x)
  return x - floor >= 0.5 ? floor + 1 : floor
}
