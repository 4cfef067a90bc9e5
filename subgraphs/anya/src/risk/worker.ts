import { err, ok, seededRandom } from '@opsource/kernel'
import { referenceHistory } from '../reference-history/index.ts'
import { answerRequests } from '../workers/index.ts'
import { assessPortfolio, prepareMarkets } from './assessment.ts'
import type { RiskAnswer, RiskQuestion } from './protocol.ts'
import type { PriceHistory } from './returns.ts'

/** The same holdings at the same prices have the same figures. */
const SEED = 1
const LEVELS = [0.01, 0.05]

/** Sets of markets whose scenarios are kept: some 10 MB each. */
const MAX_PREPARED = 8
const prepared = new Map<string, ReturnType<typeof prepareMarkets>>()
const references = new Map<string, Promise<PriceHistory | null>>()

await answerRequests({ prepare: async () => null, answer })

async function answer({ portfolios, histories, proxies, horizonDays }: RiskQuestion): Promise<RiskAnswer> {
  const known = new Map(histories)
  for (const proxy of new Set(proxies.values())) {
    const history = await referenceOf(proxy)
    if (history) known.set(proxy, history)
  }
  const random = () => seededRandom(SEED)
  const request = { histories: known, proxies, levels: LEVELS, horizonDays, random }
  const assessed = []
  for (const positions of portfolios) {
    if (positions.length === 0) {
      assessed.push(null)
      continue
    }
    const markets = [...new Set(positions.map(({ market }) => market))].sort()
    const result = assessPortfolio({ ...request, positions }, preparedOf(markets, request))
    if (!result.ok) return err(result.error)
    assessed.push(result.value)
  }
  return ok(assessed)
}

/** What was prepared for the same markets, pasts and horizon is used again: it is most of the work. */
function preparedOf(markets: readonly string[], request: Parameters<typeof prepareMarkets>[1]) {
  const { histories, proxies, horizonDays } = request
  // By its ends, not its length: what is kept of a past is so many days, and each new one takes the place of the oldest.
  const pasts = markets.map((market) => {
    const times = histories.get(market)?.time
    return [market, proxies.get(market), times?.[0], times?.[times.length - 1]]
  })
  const key = JSON.stringify([pasts, horizonDays])
  const found = prepared.get(key) ?? prepareMarkets(markets, request)
  prepared.delete(key)
  prepared.set(key, found)
  if (prepared.size > MAX_PREPARED) prepared.delete(prepared.keys().next().value ?? key)
  return found
}

/** Read once; a file that could not be read is tried again. */
function referenceOf(symbol: string): Promise<PriceHistory | null> {
  const history = references.get(symbol) ?? referenceHistory(symbol)
  references.set(symbol, history)
  history.catch(() => references.delete(symbol))
  return history
}
