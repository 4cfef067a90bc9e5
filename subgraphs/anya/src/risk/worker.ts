import { err, ok, seededRandom } from '@opsource/kernel'
import { referenceHistory } from '../reference-history/index.ts'
import { answerRequests } from '../workers/index.ts'
import { assessPortfolio } from './assessment.ts'
import type { RiskAnswer, RiskQuestion } from './protocol.ts'
import type { PriceHistory } from './returns.ts'

/** The same holdings at the same prices have the same figures. */
const SEED = 1
const LEVELS = [0.01, 0.05]

const references = new Map<string, Promise<PriceHistory | null>>()

await answerRequests({ prepare: async () => null, answer })

async function answer({ portfolios, histories, proxies, horizonDays }: RiskQuestion): Promise<RiskAnswer> {
  const known = new Map(histories)
  for (const proxy of new Set(proxies.values())) {
    const history = await referenceOf(proxy)
    if (history) known.set(proxy, history)
  }
  const assessed = []
  for (const positions of portfolios) {
    if (positions.length === 0) {
      assessed.push(null)
      continue
    }
    const random = () => seededRandom(SEED)
    const result = assessPortfolio({ positions, histories: known, proxies, levels: LEVELS, horizonDays, random })
    if (!result.ok) return err(result.error)
    assessed.push(result.value)
  }
  return ok(assessed)
}

/** Read once; a file that could not be read is tried again. */
function referenceOf(symbol: string): Promise<PriceHistory | null> {
  const history = references.get(symbol) ?? referenceHistory(symbol)
  references.set(symbol, history)
  history.catch(() => references.delete(symbol))
  return history
}
