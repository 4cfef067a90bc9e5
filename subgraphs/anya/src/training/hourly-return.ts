import { real, whole } from './recipe.ts'
import { returnRecipe } from './return-recipe.ts'
import { expectedByTrees, exportReturns, fitReturns, predictReturns } from './return-trees.ts'

const MODEL_NAME = 'hourly-return'

const parameters = [
  whole({
    name: 'rounds',
    about: 'trees a model at most; validation stops it before',
    default: 300,
    minimum: 5,
    maximum: 2_000,
  }),
  whole({
    name: 'models',
    about: 'models of other seeds whose mean is the expected return',
    default: 3,
    minimum: 1,
    maximum: 8,
  }),
  whole({ name: 'leaves', about: 'leaves a tree at most', default: 15, minimum: 2, maximum: 128 }),
  whole({ name: 'depth', about: 'splits from the root to a leaf at most', default: 5, minimum: 1, maximum: 12 }),
  whole({ name: 'leafRows', about: 'rows a leaf at least', default: 200, minimum: 1, maximum: 10_000 }),
  real({ name: 'learningRate', about: 'share of a tree that counts', default: 0.03, minimum: 0.001, maximum: 1 }),
  real({
    name: 'quantileLearningRate',
    about: 'the same of the quantiles’ trees',
    default: 0.1,
    minimum: 0.001,
    maximum: 1,
  }),
  real({ name: 'penalty', about: 'L2 penalty of leaf values, in rows', default: 50, minimum: 0, maximum: 10_000 }),
]

/** By trees, whose mean is blended with a ridge regression's. */
export const hourlyReturn = returnRecipe({
  name: MODEL_NAME,
  about:
    'return of the next hour: its mean, five quantiles and the probability of a rise, by boosted trees and ridge regression on hourly bars',
  candidate: 'boosted-trees-and-ridge',
  parameters,
  async fit(problem, fold, choice, breathe) {
    const model = await fitReturns(problem, fold, choice, breathe)
    return {
      predict: async (part) => predictReturns(model, problem.rows, part),
      exported: (metadata) => exportReturns(model, MODEL_NAME, metadata),
    }
  },
  expect: async (problem, fold, choice) => expectedByTrees(problem, fold, choice),
})
