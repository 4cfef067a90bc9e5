import { OrderPool } from '../../book/index.ts'

/** The engine's own columns beside those of the order pool, by slot. A growing pool replaces them: hold `Orders`, never a column. */
export class Orders {
  readonly pool = new OrderPool()
  market!: Int32Array
  type!: Uint8Array
  timeInForce!: Uint8Array
  selfTrade!: Uint8Array
  status!: Uint8Array
  role!: Uint8Array
  flags!: Uint8Array
  reason!: Uint8Array
  /** All that was ordered, what has traded included. */
  quantity!: Float64Array
  /** What has not traded; after a cancel, what never will. */
  remaining!: Float64Array
  /** Minor units of the asset that it pays with. */
  held!: Float64Array
  /** Minor units that it holds for one lot; 0 of an order that spends what is available. */
  rate!: Float64Array
  /** Minor units of the quote asset that one lot counts for in limits. */
  value!: Float64Array
  filledQuote!: Float64Array
  /** Minor units received, fees deducted. */
  received!: Float64Array
  /** Stop price of STOP and STOP_LIMIT, activation price of TRAILING_STOP; 0: none. */
  stop!: Float64Array
  trailingAmount!: Float64Array
  trailingBps!: Float64Array
  /** Paired: the other leg. */
  partner!: Int32Array
  /** Of an exit its entry; of an entry its take-profit. */
  bracket!: Int32Array
  /** The account's orders, oldest first. */
  nextOfAccount!: Int32Array
  previousOfAccount!: Int32Array

  constructor() {
    this.#grow(this.pool.capacity)
    this.pool.onGrow((capacity) => this.#grow(capacity))
  }

  filled(slot: number): number {
    return this.quantity[slot]! - this.remaining[slot]!
  }

  has(slot: number, flag: number): boolean {
    return (this.flags[slot]! & flag) !== 0
  }

  clear(slot: number, flag: number): void {
    this.flags[slot]! &= ~flag
  }

  mark(slot: number, flag: number): void {
    this.flags[slot]! |= flag
  }

  #grow(capacity: number): void {
    this.market = int32(capacity, this.market)
    this.type = uint8(capacity, this.type)
    this.timeInForce = uint8(capacity, this.timeInForce)
    this.selfTrade = uint8(capacity, this.selfTrade)
    this.status = uint8(capacity, this.status)
    this.role = uint8(capacity, this.role)
    this.flags = uint8(capacity, this.flags)
    this.reason = uint8(capacity, this.reason)
    this.quantity = float64(capacity, this.quantity)
    this.remaining = float64(capacity, this.remaining)
    this.held = float64(capacity, this.held)
    this.rate = float64(capacity, this.rate)
    this.value = float64(capacity, this.value)
    this.filledQuote = float64(capacity, this.filledQuote)
    this.received = float64(capacity, this.received)
    this.stop = float64(capacity, this.stop)
    this.trailingAmount = float64(capacity, this.trailingAmount)
    this.trailingBps = float64(capacity, this.trailingBps)
    this.partner = int32(capacity, this.partner)
    this.bracket = int32(capacity, this.bracket)
    this.nextOfAccount = int32(capacity, this.nextOfAccount)
    this.previousOfAccount = int32(capacity, this.previousOfAccount)
  }
}

function float64(capacity: number, from: Float64Array | undefined): Float64Array {
  const column = new Float64Array(capacity)
  if (from) column.set(from)
  return column
}

function int32(capacity: number, from: Int32Array | undefined): Int32Array {
  const column = new Int32Array(capacity)
  if (from) column.set(from)
  return column
}

function uint8(capacity: number, from: Uint8Array | undefined): Uint8Array {
  const column = new Uint8Array(capacity)
  if (from) column.set(from)
  return column
}
