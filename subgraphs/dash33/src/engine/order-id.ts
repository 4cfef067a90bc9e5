import { ORDERS_PER_COMMAND } from './core/exchange.ts'

/** Crockford's base 32 in ASCII order: ids of equal length sort as their numbers do. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 55 bits, more than a safe integer. */
const SEQUENCE_CHARACTERS = 11
/** A command trades with at most as many orders as rest: five characters, 2^25, are beyond memory. */
const ORDER_ID = /^ord_[0-9a-hjkmnp-tv-z]{11}[123]?$/
const TRADE_ID = /^trd_[0-9a-hjkmnp-tv-z]{16}$/

/**
 * An order's id is the sequence of the command that placed it; that of a command's second and third order has their place behind it, so that ids sort in
 * the order of acceptance.
 * @param number sequence × 4 + place among the command's orders, from 0
 */
export function orderId(number: number): string {
  // What happens to an order and the answer about it name it one after the other.
  if (lastOrder.number !== number) lastOrder = { number, id: orderIdOf(number) }
  return lastOrder.id
}

function orderIdOf(number: number): string {
  const place = number % ORDERS_PER_COMMAND
  const first = `ord_${base32((number - place) / ORDERS_PER_COMMAND, SEQUENCE_CHARACTERS)}`
  return place === 0 ? first : first + place
}

/** @param leg position among the trades of the command, from 0. */
export const tradeId = (sequence: number, leg: number): string =>
  `trd_${base32(sequence, SEQUENCE_CHARACTERS)}${legText(leg)}`

const legText = (leg: number): string =>
  ALPHABET[Math.floor(leg / LOW)]! + PAIRS[(leg % LOW) >> 10] + PAIRS[leg & 1_023]

export const isOrderId = (text: string): boolean => ORDER_ID.test(text)
export const isTradeId = (text: string): boolean => TRADE_ID.test(text)

/** @returns the number that `orderId` made the text of, or null where the text is no order id. */
export function parseOrderId(text: string): number | null {
  if (!isOrderId(text)) return null
  let sequence = 0
  for (const character of text.slice(4, 4 + SEQUENCE_CHARACTERS)) sequence = sequence * 32 + ALPHABET.indexOf(character)
  const number = sequence * ORDERS_PER_COMMAND + Number(text.slice(4 + SEQUENCE_CHARACTERS))
  return Number.isSafeInteger(number) ? number : null
}

/** Ids are made for every order and trade: two characters at a time, and the high ones once for a million numbers. */
const PAIRS = Array.from({ length: 1_024 }, (_, n) => `${ALPHABET[n >> 5]}${ALPHABET[n & 31]}`)
const LOW = 2 ** 20
const LOW_CHARACTERS = 4
let lastHigh = { value: 0, length: 0, text: '' }
let lastOrder = { number: -1, id: '' }

function base32(value: number, length: number): string {
  const low = value % LOW
  const high = (value - low) / LOW
  if (lastHigh.value !== high || lastHigh.length !== length) {
    let text = ''
    for (let rest = high; text.length < length - LOW_CHARACTERS; rest = Math.floor(rest / 32)) {
      text = ALPHABET[rest % 32] + text
    }
    lastHigh = { value: high, length, text }
  }
  return lastHigh.text + PAIRS[low >> 10] + PAIRS[low & 1_023]
}
