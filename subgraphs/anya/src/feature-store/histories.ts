import type { Source } from './offline/protocol.ts'

/** A history that comes with the code, and what can be computed from it. */
export interface History {
  readonly view: string
  readonly entity: string
  readonly source: Source
}

const recording = (market: string) => ['20240808', '20240809'].map((day) => `${FOLDER}/spot_${market}_${day}.gz`)
const FOLDER = 'binance-btc-eth-2024-08-08'

/** Below `data/`, each with its licence beside it. */
export const HISTORIES: readonly History[] = [
  { view: 'bars_1h', entity: 'EUR-USD', source: { kind: 'BARS_FILE', file: 'hourly/eurusd.csv.gz' } },
  {
    view: 'book_1s',
    entity: 'BTC-USDT',
    source: { kind: 'RECORDING', files: recording('btcusdt'), steps: { tickScale: 2, lotScale: 5 } },
  },
  {
    view: 'book_1s',
    entity: 'ETH-USDT',
    source: { kind: 'RECORDING', files: recording('ethusdt'), steps: { tickScale: 2, lotScale: 4 } },
  },
]
