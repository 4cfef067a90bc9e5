import { ORDERS_PER_COMMAND } from '../core/exchange.ts'
import type { OrderNames } from '../events.ts'

// What an order is named by never changes: it crosses from the engine's thread to the main one once, and from then on the order is its
// number, for as long as both threads remember it. Both remember the same, because they see the same orders in the same sequence.

/** Of about so many commands the orders are remembered, 200 B each. */
const SLOTS = 32_768
const ID_LENGTH = 15
const PREFIX_LENGTH = 4
const HIGH_LENGTH = 9
const NO_DIGIT = 255
const DIGITS = new Uint8Array(256).fill(NO_DIGIT)
for (const [digit, character] of [...'0123456789abcdefghjkmnpqrstvwxyz'].entries()) {
  DIGITS[character.charCodeAt(0)] = digit
}

/** The orders of one command lie far from each other. */
const slotOf = (number: number): number =>
  (number / ORDERS_PER_COMMAND + (number % ORDERS_PER_COMMAND) * (SLOTS / ORDERS_PER_COMMAND)) & (SLOTS - 1)

/** On the side that writes. */
export class KnownOrders {
  private readonly numbers = new Float64Array(SLOTS)

  has(number: number): boolean {
    return this.numbers[slotOf(number)] === number
  }

  add(number: number): void {
    this.numbers[slotOf(number)] = number
  }
}

/** On the side that reads. */
export class RememberedOrders {
  private readonly names: OrderNames[] = []

  constructor() {
    const nobody: OrderNames = { orderId: '', clientOrderId: '', accountId: '', userId: '', symbol: '', side: 'BUY' }
    for (let slot = 0; slot < SLOTS; slot++) this.names.push(nobody)
  }

  get(number: number): OrderNames {
    return this.names[slotOf(number)]!
  }

  add(number: number, names: OrderNames): void {
    this.names[slotOf(number)] = names
  }
}

/** The number that `orderId` made the text of, at a tenth of what a look-up in a map of texts costs. @throws where it is no order's id. */
export function orderNumber(id: string): number {
  const isFirst = id.length === ID_LENGTH
  let high = 0
  let low = 0
  let all = isFirst || id.length === ID_LENGTH + 1 ? 0 : NO_DIGIT
  for (let i = PREFIX_LENGTH; i < HIGH_LENGTH; i++) {
    const digit = DIGITS[id.charCodeAt(i)]!
    all |= digit
    high = (high << 5) | digit
  }
  for (let i = HIGH_LENGTH; i < ID_LENGTH; i++) {
    const digit = DIGITS[id.charCodeAt(i)]!
    all |= digit
    low = (low << 5) | digit
  }
  const place = isFirst ? 0 : DIGITS[id.charCodeAt(ID_LENGTH)]!
  if (all === NO_DIGIT || place >= ORDERS_PER_COMMAND) throw new Error(`${id} is not known to the engine's thread`)
  return (high * 2 ** 30 + low) * ORDERS_PER_COMMAND + place
}

/** The same of an order that the command placed: its first id needs no reading. */
export const placedNumber = (sequence: number, id: string): number =>
  id.length === ID_LENGTH ? sequence * ORDERS_PER_COMMAND : orderNumber(id)
