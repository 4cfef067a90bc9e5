/**
 * Which reference market stands for a market whose own past is not known. No daily history of ether may be passed on with this code: bitcoin
 * stands for it, so that the two move as one, and ether, which is the livelier of them, looks as calm as bitcoin.
 */
export const DEFAULT_PROXIES = 'BTC-USDT=BTC-USD,ETH-USDT=BTC-USD'

const PAIR = /^([A-Z0-9]+-[A-Z0-9]+)=([A-Z0-9]+(?:-[A-Z0-9]+)?)$/

/** Reads `MARKET=REFERENCE,…`. @returns null where it is not that, or names a market twice. */
export function parseProxies(text: string): ReadonlyMap<string, string> | null {
  const proxies = new Map<string, string>()
  for (const part of text === '' ? [] : text.split(',')) {
    const [, market, reference] = PAIR.exec(part) ?? []
    if (market === undefined || reference === undefined || proxies.has(market)) return null
    proxies.set(market, reference)
  }
  return proxies
}
