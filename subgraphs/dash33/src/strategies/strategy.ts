import { baseAmount, type Instrument, type Lots, quoteAmount, type Ticks } from '../market/instruments.ts'

const DAY_MS = 86_400_000
const RATIO_SCALE = 10_000
const BPS = 10_000
/** Strategies act on forecasts of seconds, each of which comes with the next tick; those of hours are not for them. */
const MAX_HORIZON_MS = 60_000

/** What a user has allowed a strategy to do. It buys and sells one market, and never sells more than it has bought. */
export interface Strategy {
  readonly id: string
  readonly userId: string
  readonly symbol: string
  /** Of a forecast to be acted on, in ten-thousandths: 5,000 to 10,000. */
  readonly minProbability: number
  readonly orderQuantity: Lots
  readonly maxPosition: Lots
  /** How far beyond the best price an order may trade, hundredths of a percent. */
  readonly maxSlippageBps: number
  /** UTC days, here and below. */
  readonly maxOrdersPerDay: number
  /** Quote minor units. */
  readonly maxDailyLoss: bigint
  /** Whether to act on forecasts over data that the model was trained on. */
  readonly tradeInSample: boolean
}

export interface Forecast {
  readonly predictionId: string
  readonly symbol: string
  readonly direction: 'UP' | 'DOWN'
  /** Of that direction, a ratio. */
  readonly probability: number
  readonly horizonMs: number
  readonly inSample: boolean
  /** Milliseconds since the Unix epoch. */
  readonly madeAt: number
}

/** What a strategy has come to: all after fees. */
export interface Standing {
  /** Base minor units that it has bought and not sold. */
  readonly position: bigint
  /** Quote minor units that it has received less those it has paid. */
  readonly cash: bigint
  /** The UTC day that the rest is of, counted from the epoch. */
  readonly day: number
  readonly ordersToday: number
  /** Quote minor units. */
  readonly profitAtDayStart: bigint
}

/** The best prices now. */
export interface Touch {
  readonly bid: Ticks
  readonly ask: Ticks
}

export type Pass = 'HORIZON' | 'IN_SAMPLE' | 'UNSURE' | 'LATE' | 'POSITION' | 'ORDERS_PER_DAY'

export type Decision =
  | { readonly kind: 'ORDER'; readonly side: 'BUY' | 'SELL'; readonly quantity: Lots; readonly price: Ticks }
  | { readonly kind: 'PASS'; readonly because: Pass }
  | { readonly kind: 'STOP'; readonly because: 'DAILY_LOSS' }

export const dayOf = (time: number): number => Math.floor(time / DAY_MS)

/** What the strategy has won or lost in quote minor units, its position valued at what it could be sold for; less than a lot counts nothing. */
export function profitOf(
  instrument: Instrument,
  { position, cash }: Pick<Standing, 'position' | 'cash'>,
  bid: Ticks,
): bigint {
  return cash + BigInt(quoteAmount(instrument, bid, lotsOf(instrument, position)))
}

/** What to do about a forecast. @param standing on the day of `now`. */
export function decide(
  strategy: Strategy,
  instrument: Instrument,
  forecast: Forecast,
  standing: Standing,
  touch: Touch,
  now: number,
): Decision {
  const lost = standing.profitAtDayStart - profitOf(instrument, standing, touch.bid)
  if (lost >= strategy.maxDailyLoss) return { kind: 'STOP', because: 'DAILY_LOSS' }
  if (forecast.horizonMs > MAX_HORIZON_MS) return pass('HORIZON')
  if (forecast.inSample && !strategy.tradeInSample) return pass('IN_SAMPLE')
  // Divided, so that 0.57 is 0.57: multiplied it would fall short.
  if (forecast.probability < strategy.minProbability / RATIO_SCALE) return pass('UNSURE')
  // Half of what it looks ahead to has already happened.
  if (now - forecast.madeAt > forecast.horizonMs / 2) return pass('LATE')
  if (standing.ordersToday >= strategy.maxOrdersPerDay) return pass('ORDERS_PER_DAY')
  const side = forecast.direction === 'UP' ? 'BUY' : 'SELL'
  const held = lotsOf(instrument, standing.position)
  const room = side === 'BUY' ? roomFor(strategy, instrument, standing.position) : held
  const quantity = Math.min(strategy.orderQuantity, room)
  if (quantity <= 0) return pass('POSITION')
  return { kind: 'ORDER', side, quantity, price: worstPrice(strategy, side, touch) }
}

/** The key of the order that a forecast causes: the same forecast never causes two. */
export const clientOrderIdOf = (strategyId: string, predictionId: string): string => `${strategyId}.${predictionId}`

const pass = (because: Pass): Decision => ({ kind: 'PASS', because })

function roomFor({ maxPosition }: Strategy, instrument: Instrument, position: bigint): Lots {
  const unit = BigInt(instrument.baseUnitsPerLot)
  return Number((BigInt(baseAmount(instrument, maxPosition)) - position) / unit)
}

const lotsOf = (instrument: Instrument, units: bigint): Lots => Number(units / BigInt(instrument.baseUnitsPerLot))

/** Rounded towards the best price. */
function worstPrice({ maxSlippageBps }: Strategy, side: 'BUY' | 'SELL', { bid, ask }: Touch): Ticks {
  if (side === 'BUY') return ask + Math.floor((ask * maxSlippageBps) / BPS)
  return Math.max(1, bid - Math.floor((bid * maxSlippageBps) / BPS))
}
