import { err, ok, type Result } from '@opsource/kernel'

/** More than anyone follows on a phone. */
export const MAX_WATCHED_MARKETS = 20
const SYMBOL = /^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/

/** @returns the symbols by name, each once; or what is wrong with them, for people. */
export function parseWatchlist(symbols: readonly string[]): Result<string[], string> {
  const wrong = symbols.find((symbol) => !SYMBOL.test(symbol))
  if (wrong !== undefined) return err('A market is named by its base and quote asset, such as BTC-USDT.')
  const list = [...new Set(symbols)].sort()
  return list.length > MAX_WATCHED_MARKETS ? err(`At most ${MAX_WATCHED_MARKETS} markets can be watched.`) : ok(list)
}
