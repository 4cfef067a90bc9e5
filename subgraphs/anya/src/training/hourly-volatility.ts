import { BAR_FEATURE_HASH, BAR_FEATURES } from '../bar-features/index.ts'
import { SAME_HOUR_NAMES } from '../evaluation/same-hour.ts'
import { fitCorrectedHar, HORIZON, inputsOf, MEMORIES } from '../evaluation/variance-models.ts'
import { sha256 } from './fingerprint.ts'
import { varianceRecipe } from './variance-recipe.ts'
import { exportCorrectedHar } from './volatility-export.ts'

const MODEL_NAME = 'hourly-volatility'
const seedsFrom = (seed: number) => [seed, seed + 1]
const memoryName = (bars: number) => `log_variance_${bars}`
export const FEATURES = [...BAR_FEATURES.map(({ name }) => name), ...MEMORIES.map(memoryName), ...SAME_HOUR_NAMES]
export const FEATURE_HASH = sha256(JSON.stringify({ bars: BAR_FEATURE_HASH, version: 1, features: FEATURES }))

/** By HAR, corrected by boosted trees. */
export const hourlyVolatility = varianceRecipe({
  name: MODEL_NAME,
  about:
    'logarithm of the variance of an hour over the next six: HAR with a correction by boosted trees on hourly bars',
  candidate: 'har-with-boosted-trees',
  parameters: [],
  features: FEATURES,
  featureHash: FEATURE_HASH,
  newest: memoryName(HORIZON),
  inputs: inputsOf,
  async fit(problem, fold, { seed }) {
    const model = fitCorrectedHar(problem, fold, seedsFrom(seed))
    const place = { name: MODEL_NAME, width: problem.rows.width, firstMemory: BAR_FEATURES.length }
    return {
      forecast: async (rows) => model.forecast(rows),
      exported: (metadata) => exportCorrectedHar(model, { ...place, metadata }),
    }
  },
  expect: async (problem, fold, { seed }) => fitCorrectedHar(problem, fold, [seed]).forecast(fold.test),
})
