import { expect, test } from 'vitest'
import { MAX_WATCHED_MARKETS, parseWatchlist } from './watchlist.ts'

const markets = (count: number) => Array.from({ length: count }, (_, i) => `A${i}-USDT`)

test('a watchlist names each market once, in order', () => {
  expect(parseWatchlist(['ETH-USDT', 'BTC-USDT', 'ETH-USDT'])).toEqual({ ok: true, value: ['BTC-USDT', 'ETH-USDT'] })
  expect(parseWatchlist([])).toEqual({ ok: true, value: [] })
})

test('a watchlist takes twenty markets and no more, and nothing that is no market', () => {
  expect(parseWatchlist(markets(MAX_WATCHED_MARKETS)).ok).toBe(true)
  expect(parseWatchlist([...markets(MAX_WATCHED_MARKETS), 'A1-USDT']).ok).toBe(true)
  expect(parseWatchlist(markets(MAX_WATCHED_MARKETS + 1)).ok).toBe(false)
  for (const symbol of ['', 'BTC', 'btc-usdt', 'BTC-USDT ', 'BTC-\0', `${'A'.repeat(17)}-B`])
    expect(parseWatchlist([symbol]).ok).toBe(false)
})
