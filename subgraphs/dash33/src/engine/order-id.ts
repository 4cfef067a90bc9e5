/** Crockford's base 32 in ASCII order: ids of equal length sort as their numbers do. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 55 bits, more than a safe integer. */
const SEQUENCE_CHARACTERS = 11
/** A command trades with at most as many orders as rest: 2^25 is beyond memory. */
const LEG_CHARACTERS = 5
const ORDER_ID = /^ord_[0-9a-hjkmnp-tv-z]{11}$/
const TRADE_ID = /^trd_[0-9a-hjkmnp-tv-z]{16}$/

/** An order's id is the sequence of the command that placed it. */
export const orderId = (sequence: number): string => `ord_${base32(sequence, SEQUENCE_CHARACTERS)}`

/** @param leg position among the trades of the command, from 0. */
export const tradeId = (sequence: number, leg: number): string =>
  `trd_${base32(sequence, SEQUENCE_CHARACTERS)}${base32(leg, LEG_CHARACTERS)}`

export const isOrderId = (text: string): boolean => ORDER_ID.test(text)
export const isTradeId = (text: string): boolean => TRADE_ID.test(text)

/** @returns the sequence, or null where the text is no order id. */
export function parseOrderId(text: string): number | null {
  if (!isOrderId(text)) return null
  let value = 0
  for (const character of text.slice(4)) value = value * 32 + ALPHABET.indexOf(character)
  return Number.isSafeInteger(value) ? value : null
}

function base32(value: number, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text
  return text
}
