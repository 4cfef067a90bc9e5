export type ReferenceInterval = 'H1' | 'D1'

/** A market elsewhere, and the files below `data/` that hold what is known of it. */
export interface ReferenceMarket {
  readonly symbol: string
  readonly name: string
  readonly assetClass: 'EQUITY_INDEX' | 'CURRENCY_PAIR' | 'CRYPTO_ASSET'
  readonly currency: string
  /** What volumes count; null where the source tells none. */
  readonly volumeUnit: string | null
  readonly source: string
  readonly licence: string
  readonly files: Partial<Readonly<Record<ReferenceInterval, string>>>
}

/** By symbol. The licences' texts lie beside the files. */
export const REFERENCE_MARKETS: readonly ReferenceMarket[] = [
  {
    symbol: 'BTC-USD',
    name: 'Bitcoin in US dollars on Coinbase',
    assetClass: 'CRYPTO_ASSET',
    currency: 'USD',
    volumeUnit: 'BTC',
    source: 'QuantConnect/Lean, Data/crypto/coinbase/daily',
    licence: 'Apache-2.0',
    files: { D1: 'daily/btcusd.csv.gz' },
  },
  {
    symbol: 'EUR-USD',
    name: 'Euro in US dollars at Oanda, the mean of bid and ask',
    assetClass: 'CURRENCY_PAIR',
    currency: 'USD',
    volumeUnit: null,
    source: 'QuantConnect/Lean, Data/forex/oanda/hour',
    licence: 'Apache-2.0',
    files: { D1: 'daily/eurusd.csv.gz', H1: 'hourly/eurusd.csv.gz' },
  },
  {
    symbol: 'SP500',
    name: 'S&P 500 index',
    assetClass: 'EQUITY_INDEX',
    currency: 'USD',
    volumeUnit: 'shares',
    source: 'vega-datasets 3.2.1, data/sp500-2000.csv',
    licence: 'BSD-3-Clause',
    files: { D1: 'daily/sp500.csv.gz' },
  },
]
