import { OrderPool } from '../../book/index.ts'

/** Numbers in an order's row: two lines of the processor's cache. Integers take half the place of a number, bytes an eighth. */
const WIDTH = 16

/**
 * What the engine knows of orders beside what their pool does, by slot: a row for each. A trade or a cancel meets an order that nobody has touched for long; in
 * columns each of its facts would have to be fetched from a page of its own. What these two touch is in the first half of a row.
 */
export class Orders {
  readonly pool = new OrderPool()
  private numbers = new Float64Array(0)
  /** The same memory. */
  private integers = new Int32Array(0)
  private bytes = new Uint8Array(0)

  constructor() {
    this.grow(this.pool.capacity)
    this.pool.onGrow((capacity) => this.grow(capacity))
  }

  /** What has not traded; after a cancel, what never will. */
  remaining(slot: number): number {
    return this.numbers[slot << 4]!
  }

  setRemaining(slot: number, lots: number): void {
    this.numbers[slot << 4] = lots
  }

  /** Minor units of the asset that it pays with. */
  held(slot: number): number {
    return this.numbers[(slot << 4) | 1]!
  }

  setHeld(slot: number, amount: number): void {
    this.numbers[(slot << 4) | 1] = amount
  }

  /** Minor units that it holds for one lot; 0 of an order that spends what is available. */
  rate(slot: number): number {
    return this.numbers[(slot << 4) | 2]!
  }

  setRate(slot: number, rate: number): void {
    this.numbers[(slot << 4) | 2] = rate
  }

  filledQuote(slot: number): number {
    return this.numbers[(slot << 4) | 3]!
  }

  setFilledQuote(slot: number, amount: number): void {
    this.numbers[(slot << 4) | 3] = amount
  }

  /** Minor units received, fees deducted. */
  received(slot: number): number {
    return this.numbers[(slot << 4) | 4]!
  }

  setReceived(slot: number, amount: number): void {
    this.numbers[(slot << 4) | 4] = amount
  }

  /** The account's next newer order, or NONE. */
  nextOfAccount(slot: number): number {
    return this.integers[(slot << 5) | 10]!
  }

  setNextOfAccount(slot: number, other: number): void {
    this.integers[(slot << 5) | 10] = other
  }

  /** The account's next older order, or NONE. */
  previousOfAccount(slot: number): number {
    return this.integers[(slot << 5) | 11]!
  }

  setPreviousOfAccount(slot: number, other: number): void {
    this.integers[(slot << 5) | 11] = other
  }

  market(slot: number): number {
    return this.integers[(slot << 5) | 12]!
  }

  setMarket(slot: number, market: number): void {
    this.integers[(slot << 5) | 12] = market
  }

  status(slot: number): number {
    return this.bytes[(slot << 7) | 52]!
  }

  setStatus(slot: number, status: number): void {
    this.bytes[(slot << 7) | 52] = status
  }

  flags(slot: number): number {
    return this.bytes[(slot << 7) | 53]!
  }

  setFlags(slot: number, flags: number): void {
    this.bytes[(slot << 7) | 53] = flags
  }

  type(slot: number): number {
    return this.bytes[(slot << 7) | 54]!
  }

  setType(slot: number, type: number): void {
    this.bytes[(slot << 7) | 54] = type
  }

  timeInForce(slot: number): number {
    return this.bytes[(slot << 7) | 55]!
  }

  setTimeInForce(slot: number, code: number): void {
    this.bytes[(slot << 7) | 55] = code
  }

  selfTrade(slot: number): number {
    return this.bytes[(slot << 7) | 56]!
  }

  setSelfTrade(slot: number, code: number): void {
    this.bytes[(slot << 7) | 56] = code
  }

  role(slot: number): number {
    return this.bytes[(slot << 7) | 57]!
  }

  setRole(slot: number, role: number): void {
    this.bytes[(slot << 7) | 57] = role
  }

  reason(slot: number): number {
    return this.bytes[(slot << 7) | 58]!
  }

  setReason(slot: number, reason: number): void {
    this.bytes[(slot << 7) | 58] = reason
  }

  /** All that was ordered, what has traded included. */
  quantity(slot: number): number {
    return this.numbers[(slot << 4) | 8]!
  }

  setQuantity(slot: number, lots: number): void {
    this.numbers[(slot << 4) | 8] = lots
  }

  /** Minor units of the quote asset that one lot counts for in limits. */
  value(slot: number): number {
    return this.numbers[(slot << 4) | 9]!
  }

  setValue(slot: number, value: number): void {
    this.numbers[(slot << 4) | 9] = value
  }

  /** Stop price of STOP and STOP_LIMIT, activation price of TRAILING_STOP; 0: none. */
  stop(slot: number): number {
    return this.numbers[(slot << 4) | 10]!
  }

  setStop(slot: number, price: number): void {
    this.numbers[(slot << 4) | 10] = price
  }

  trailingAmount(slot: number): number {
    return this.numbers[(slot << 4) | 11]!
  }

  setTrailingAmount(slot: number, ticks: number): void {
    this.numbers[(slot << 4) | 11] = ticks
  }

  trailingBps(slot: number): number {
    return this.numbers[(slot << 4) | 12]!
  }

  setTrailingBps(slot: number, bps: number): void {
    this.numbers[(slot << 4) | 12] = bps
  }

  /** Paired: the other leg. */
  partner(slot: number): number {
    return this.integers[(slot << 5) | 26]!
  }

  setPartner(slot: number, other: number): void {
    this.integers[(slot << 5) | 26] = other
  }

  /** Of an exit its entry; of an entry its take-profit. */
  bracket(slot: number): number {
    return this.integers[(slot << 5) | 27]!
  }

  setBracket(slot: number, other: number): void {
    this.integers[(slot << 5) | 27] = other
  }

  filled(slot: number): number {
    return this.quantity(slot) - this.remaining(slot)
  }

  has(slot: number, flag: number): boolean {
    return (this.flags(slot) & flag) !== 0
  }

  clear(slot: number, flag: number): void {
    this.setFlags(slot, this.flags(slot) & ~flag)
  }

  mark(slot: number, flag: number): void {
    this.setFlags(slot, this.flags(slot) | flag)
  }

  private grow(capacity: number): void {
    const numbers = new Float64Array(capacity * WIDTH)
    numbers.set(this.numbers)
    this.numbers = numbers
    this.integers = new Int32Array(numbers.buffer)
    this.bytes = new Uint8Array(numbers.buffer)
  }
}
