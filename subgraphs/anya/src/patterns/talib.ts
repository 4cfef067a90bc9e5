import { z } from 'zod'
import { CANDLESTICKS, type Candlestick } from './candlesticks.ts'

/** Bars that one scan takes. Its columns lie in TA-Lib's memory from the start, so that nothing is ever allocated again. */
export const MAX_SCAN_BARS = 100_000

/** Prices of bars in order of time, in whole ticks: then TA-Lib's running sums are exact, and say the same wherever they began. */
export interface ScanColumns {
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
}

/** What was found, three numbers a time: index of the bar, index in CANDLESTICKS, TA-Lib's value: 80, 100 or 200, negative where bearish. */
export type Hits = Int32Array

type WasmFunction = (...args: number[]) => number
const wasmFunction = z.custom<WasmFunction>((value) => typeof value === 'function')
const moduleSchema = z
  .object({ _malloc: wasmFunction, HEAPF64: z.instanceof(Float64Array), HEAP32: z.instanceof(Int32Array) })
  .catchall(z.unknown())

/**
 * TA-Lib's defaults, from its ta_global.c (TA_CandleDefaultSettings), in the order of its enum TA_CandleSettingType:
 * what is measured (0 body, 1 high to low, 2 both shadows), over how many bars, and times what.
 */
const CANDLE_SETTINGS: readonly (readonly [range: number, period: number, factor: number])[] = [
  [0, 10, 1], // BodyLong
  [0, 10, 3], // BodyVeryLong
  [0, 10, 1], // BodyShort
  [1, 10, 0.1], // BodyDoji
  [0, 0, 1], // ShadowLong
  [0, 0, 2], // ShadowVeryLong
  [2, 10, 1], // ShadowShort
  [1, 10, 0.1], // ShadowVeryShort
  [1, 5, 0.2], // Near
  [1, 5, 0.6], // Far
  [1, 5, 0.05], // Equal
]
/** Where talib-web 0.1.3 keeps them, and how far they lie apart: settingType, rangeType, avgPeriod as int32, then factor as a double. */
const SETTINGS_ADDRESS = 4_120
const SETTING_BYTES = 24
const DOUBLE_BYTES = 8
const INT_BYTES = 4

/** TA-Lib is there, but is not the one whose memory is known here. */
export class UnknownTalib extends Error {}

/** TA-Lib's 61 candlestick functions, compiled to WebAssembly: their own code, called without the package's wrapper. */
export class Talib {
  readonly #floats: Float64Array
  readonly #ints: Int32Array
  readonly #functions: readonly (readonly [WasmFunction, readonly number[]])[]
  readonly #columns: readonly number[]
  readonly #result: number
  readonly #begin: number

  private constructor(wasm: z.infer<typeof moduleSchema>) {
    this.#floats = wasm.HEAPF64
    this.#ints = wasm.HEAP32
    this.#functions = CANDLESTICKS.map(({ name, penetration }) => [
      wasmFunction.parse(wasm[`_TA_${name}`]),
      penetration === undefined ? [] : [penetration],
    ])
    const allocate = (bytes: number) => {
      const address = wasm._malloc(bytes)
      if (address === 0) throw new UnknownTalib('TA-Lib has no room for the columns')
      return address
    }
    this.#columns = ['open', 'high', 'low', 'close'].map(() => allocate(MAX_SCAN_BARS * DOUBLE_BYTES))
    this.#result = allocate(MAX_SCAN_BARS * INT_BYTES)
    this.#begin = allocate(2 * INT_BYTES)
  }

  /**
   * Loads TA-Lib into this thread. Its memory is 16 MB for good: what asks for more ends the thread, not the machine.
   * @throws UnknownTalib where its lookbacks are not those of TA-Lib at default settings.
   */
  static async load(): Promise<Talib> {
    const talib = new Talib(moduleSchema.parse(await loadWasm()))
    talib.#restoreSettings()
    talib.#verify()
    return talib
  }

  /** @param from the first bar to answer for; those before it are its past. @throws RangeError where there are too many bars. */
  scan(columns: ScanColumns, from: number): Hits {
    const { open, high, low, close } = columns
    const size = close.length
    if (size > MAX_SCAN_BARS) throw new RangeError(`a scan takes at most ${MAX_SCAN_BARS} bars`)
    if ([open, high, low].some(({ length }) => length !== size)) throw new RangeError('the columns differ in length')
    const hits: number[] = []
    if (from >= size) return Int32Array.from(hits)
    for (const [i, column] of [open, high, low, close].entries())
      this.#floats.set(column, this.#columns[i]! / DOUBLE_BYTES)
    for (let which = 0; which < this.#functions.length; which++) this.#collect(which, from, size - 1, hits)
    return Int32Array.from(hits)
  }

  #collect(which: number, from: number, to: number, hits: number[]): void {
    const [begin, count] = this.#call(which, from, to)
    const offset = this.#result / INT_BYTES
    for (let i = 0; i < count; i++) {
      const value = this.#ints[offset + i]!
      if (value !== 0) hits.push(begin + i, which, value)
    }
  }

  /** @returns the first bar that the function answers for, and how many. */
  #call(which: number, from: number, to: number): readonly [number, number] {
    const [run, options] = this.#functions[which]!
    const code = run(from, to, ...this.#columns, ...options, this.#begin, this.#begin + INT_BYTES, this.#result)
    if (code !== 0) throw new Error(`TA-Lib refuses ${CANDLESTICKS[which]?.name}: ${code}`)
    return [this.#ints[this.#begin / INT_BYTES]!, this.#ints[this.#begin / INT_BYTES + 1]!]
  }

  /** The package leaves out TA_Initialize, without which every average is over no bar and no pattern is what TA-Lib means by it. */
  #restoreSettings(): void {
    for (const [i, [range, period, factor]] of CANDLE_SETTINGS.entries()) {
      const address = SETTINGS_ADDRESS + i * SETTING_BYTES
      this.#ints.set([i, range, period], address / INT_BYTES)
      this.#floats[address / DOUBLE_BYTES + 2] = factor
    }
  }

  #verify(): void {
    const lookbackOf = ({ lookback }: Candlestick, which: number) => {
      const [begin] = this.#call(which, 0, 2 * lookback + 1)
      return begin
    }
    for (const offset of this.#columns) this.#floats.fill(1, offset / DOUBLE_BYTES, offset / DOUBLE_BYTES + 64)
    const strange = CANDLESTICKS.filter((pattern, which) => lookbackOf(pattern, which) !== pattern.lookback)
    if (strange.length > 0) throw new UnknownTalib(`TA-Lib does not look back as known: ${strange.map((p) => p.name)}`)
  }
}

/** The package takes a `fetch` for a browser's and then fails to load its file: it is out of sight meanwhile. */
async function loadWasm(): Promise<unknown> {
  const { fetch } = globalThis
  Reflect.set(globalThis, 'fetch', undefined)
  try {
    const { init } = await import('talib-web')
    return await init()
  } finally {
    Reflect.set(globalThis, 'fetch', fetch)
  }
}
