/** One of TA-Lib's candlestick functions. */
export interface Candlestick {
  readonly name: CandlestickName
  /** Candles that the figure itself consists of, as its description in TA-Lib counts them. */
  readonly candles: number
  /** Bars before a bar that decide, together with it, what the function says of it: TA-Lib's own lookback at default settings. */
  readonly lookback: number
  /** TA-Lib's optional parameter at its default: how far a candle's close must reach into the body of another, a ratio. */
  readonly penetration?: number
  /** Whether the sign of TA-Lib's value says where it points. Of the others it tells the candle's colour, or nothing. */
  readonly isDirected: boolean
}

// [candles, lookback, penetration]; the lookbacks are those that TA-Lib answers, compared with it whenever it is loaded.
const TABLE = {
  CDL2CROWS: [3, 12],
  CDL3BLACKCROWS: [4, 13],
  CDL3INSIDE: [3, 12],
  CDL3LINESTRIKE: [4, 8],
  CDL3OUTSIDE: [3, 3],
  CDL3STARSINSOUTH: [3, 12],
  CDL3WHITESOLDIERS: [3, 12],
  CDLABANDONEDBABY: [3, 12, 0.3],
  CDLADVANCEBLOCK: [3, 12],
  CDLBELTHOLD: [1, 10],
  CDLBREAKAWAY: [5, 14],
  CDLCLOSINGMARUBOZU: [1, 10],
  CDLCONCEALBABYSWALL: [4, 13],
  CDLCOUNTERATTACK: [2, 11],
  CDLDARKCLOUDCOVER: [2, 11, 0.5],
  CDLDOJI: [1, 10],
  CDLDOJISTAR: [2, 11],
  CDLDRAGONFLYDOJI: [1, 10],
  CDLENGULFING: [2, 2],
  CDLEVENINGDOJISTAR: [3, 12, 0.3],
  CDLEVENINGSTAR: [3, 12, 0.3],
  CDLGAPSIDESIDEWHITE: [3, 7],
  CDLGRAVESTONEDOJI: [1, 10],
  CDLHAMMER: [1, 11],
  CDLHANGINGMAN: [1, 11],
  CDLHARAMI: [2, 11],
  CDLHARAMICROSS: [2, 11],
  CDLHIGHWAVE: [1, 10],
  CDLHIKKAKE: [3, 5],
  CDLHIKKAKEMOD: [4, 10],
  CDLHOMINGPIGEON: [2, 11],
  CDLIDENTICAL3CROWS: [3, 12],
  CDLINNECK: [2, 11],
  CDLINVERTEDHAMMER: [2, 11],
  CDLKICKING: [2, 11],
  CDLKICKINGBYLENGTH: [2, 11],
  CDLLADDERBOTTOM: [5, 14],
  CDLLONGLEGGEDDOJI: [1, 10],
  CDLLONGLINE: [1, 10],
  CDLMARUBOZU: [1, 10],
  CDLMATCHINGLOW: [2, 6],
  CDLMATHOLD: [5, 14, 0.5],
  CDLMORNINGDOJISTAR: [3, 12, 0.3],
  CDLMORNINGSTAR: [3, 12, 0.3],
  CDLONNECK: [2, 11],
  CDLPIERCING: [2, 11],
  CDLRICKSHAWMAN: [1, 10],
  CDLRISEFALL3METHODS: [5, 14],
  CDLSEPARATINGLINES: [2, 11],
  CDLSHOOTINGSTAR: [2, 11],
  CDLSHORTLINE: [1, 10],
  CDLSPINNINGTOP: [1, 10],
  CDLSTALLEDPATTERN: [3, 12],
  CDLSTICKSANDWICH: [3, 7],
  CDLTAKURI: [1, 10],
  CDLTASUKIGAP: [3, 7],
  CDLTHRUSTING: [2, 11],
  CDLTRISTAR: [3, 12],
  CDLUNIQUE3RIVER: [3, 12],
  CDLUPSIDEGAP2CROWS: [3, 12],
  CDLXSIDEGAP3METHODS: [3, 2],
} as const satisfies Record<string, readonly [number, number, number?]>

export type CandlestickName = keyof typeof TABLE

/** Those of which TA-Lib's source says that a positive value does not mean bullish. */
const UNDIRECTED: ReadonlySet<string> = new Set<CandlestickName>([
  'CDLDOJI',
  'CDLDRAGONFLYDOJI',
  'CDLGRAVESTONEDOJI',
  'CDLHIGHWAVE',
  'CDLLONGLEGGEDDOJI',
  'CDLRICKSHAWMAN',
  'CDLSHORTLINE',
  'CDLSPINNINGTOP',
  'CDLTAKURI',
])

const isName = (name: string): name is CandlestickName => Object.hasOwn(TABLE, name)

/** All 61, in the order in which a scan numbers them. */
export const CANDLESTICKS: readonly Candlestick[] = Object.keys(TABLE)
  .filter(isName)
  .map((name) => {
    const [candles, lookback, penetration]: readonly [number, number, number?] = TABLE[name]
    const isDirected = !UNDIRECTED.has(name)
    return { name, candles, lookback, isDirected, ...(penetration === undefined ? {} : { penetration }) }
  })

/** Bars before a block that a scan needs so that all 61 say of the block what they would say of the whole history. */
export const MAX_LOOKBACK = Math.max(...CANDLESTICKS.map(({ lookback }) => lookback))
