import type { PlaceOrderInput } from '../generated/graphql.ts'
import { type Increment, type Instrument, type NumberFault, parseIncrements } from '../market/instruments.ts'
import { type InvalidOrderAnswer, invalidOrder } from './refusals.ts'

/** NUMERIC(38,0) holds no more. */
const MAX_DIGITS = 38
/** Hundredths of a percent. */
const PERCENT: Increment = { units: 1, scale: 2 }
const WHOLE_BPS = 10_000

type Decimal = PlaceOrderInput['price']
/** A number that was given; null where none was. */
export type ReadNumber = number | null | InvalidOrderAnswer

/** Reads a price, or a distance between prices, as whole ticks. */
export function readTicks(text: Decimal, instrument: Instrument, field: string): ReadNumber {
  return text == null ? null : read(text, instrument.tick, (fault) => numberFault(fault, 'PRICE', field))
}

/** Reads a quantity as whole lots. */
export function readLots(text: Decimal, instrument: Instrument, field: string): ReadNumber {
  return text == null ? null : read(text, instrument.lot, (fault) => numberFault(fault, 'QUANTITY', field))
}

/** Reads a percentage between 0 and 100 as hundredths of a percent. */
export function readPercent(text: Decimal, field: string): ReadNumber {
  if (text == null) return null
  const range = () => invalidOrder('PERCENT_OUT_OF_RANGE', 'Above 0 and below 100, with at most two decimals.', field)
  const bps = read(text, PERCENT, (fault) =>
    fault === 'NOT_A_DECIMAL' || fault === 'TOO_MANY_DIGITS' ? numberFault(fault, 'PRICE', field) : range(),
  )
  return typeof bps === 'number' && bps >= WHOLE_BPS ? range() : bps
}

export const isFault = (read: unknown): read is InvalidOrderAnswer => typeof read === 'object' && read !== null

/** @returns the first of the numbers that could not be read. */
export function faultIn(numbers: Readonly<Record<string, ReadNumber>>): InvalidOrderAnswer | undefined {
  return Object.values(numbers).find(isFault)
}

function read(text: string, increment: Increment, refuse: (fault: NumberFault) => InvalidOrderAnswer) {
  if (text.replace(/\D/g, '').length > MAX_DIGITS) return refuse('TOO_MANY_DIGITS')
  const count = parseIncrements(text, increment)
  return count.ok ? count.value : refuse(count.error)
}

function numberFault(fault: NumberFault, what: 'PRICE' | 'QUANTITY', field: string): InvalidOrderAnswer {
  switch (fault) {
    case 'NOT_A_DECIMAL':
      return invalidOrder(fault, 'A plain decimal such as `61837.63` is needed.', field)
    case 'TOO_MANY_DIGITS':
      return invalidOrder(fault, `At most ${MAX_DIGITS} digits are read.`, field)
    case 'NOT_POSITIVE':
      return invalidOrder(`${what}_NOT_POSITIVE`, 'It must be above zero.', field)
    case 'OFF_INCREMENT':
      return what === 'PRICE'
        ? invalidOrder('PRICE_OFF_TICK', 'It must be a multiple of the market’s tick.', field)
        : invalidOrder('QUANTITY_OFF_LOT', 'It must be a multiple of the market’s lot.', field)
    case 'TOO_LARGE':
      return invalidOrder('ORDER_TOO_LARGE', 'It is beyond what the market can count exactly.', field)
  }
}
