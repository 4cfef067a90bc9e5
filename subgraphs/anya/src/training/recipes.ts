import { err, ok, type Result } from '@opsource/kernel'
import { hourlyReturn } from './hourly-return.ts'
import { hourlyReturnNetwork } from './hourly-return-network.ts'
import { hourlyVolatility } from './hourly-volatility.ts'
import { hourlyVolatilityNetwork } from './hourly-volatility-network.ts'
import { midDirection } from './mid-direction.ts'
import type { ParameterRule, Recipe, TrainingInput } from './recipe.ts'

export const RECIPES: readonly Recipe[] = [
  midDirection,
  hourlyReturnNetwork,
  hourlyVolatilityNetwork,
  hourlyReturn,
  hourlyVolatility,
]

const MAX_SEED = 2 ** 31 - 1

export const recipeNamed = (name: string): Recipe | undefined => RECIPES.find((recipe) => recipe.name === name)

/** Which part of the input is wrong, and how. */
export interface WrongInput {
  readonly field: 'recipe' | 'parameters' | 'seed'
  readonly message: string
}

interface GivenInput {
  readonly recipe: string
  readonly parameters: readonly { readonly name: string; readonly value: number }[]
  readonly seed: number | null
}

/** Checks what was asked for against the recipe's rules, and fills in what was left out. */
export function readInput({ recipe: name, parameters, seed }: GivenInput): Result<TrainingInput, WrongInput> {
  const recipe = recipeNamed(name)
  if (!recipe) {
    const names = RECIPES.map((known) => known.name).join(', ')
    return err({ field: 'recipe', message: `There is no such recipe; there are ${names}.` })
  }
  const chosen = new Map(recipe.parameters.map((rule) => [rule.name, rule.default]))
  for (const [index, { name: which, value }] of parameters.entries()) {
    const rule = recipe.parameters.find((known) => known.name === which)
    const message = rule ? brokenRule(rule, value) : `The recipe has no such parameter.`
    if (message !== null) return err({ field: 'parameters', message: `Parameter ${index + 1}: ${message}` })
    chosen.set(which, value)
  }
  const seeded = seed ?? recipe.seed
  if (!Number.isInteger(seeded) || seeded < 0 || seeded > MAX_SEED)
    return err({ field: 'seed', message: `The seed is a whole number from 0 to ${MAX_SEED}.` })
  return ok({ recipe: recipe.name, parameters: Object.fromEntries(chosen), seed: seeded })
}

function brokenRule({ name, minimum, maximum, isWhole }: ParameterRule, value: number): string | null {
  if (value >= minimum && value <= maximum && (!isWhole || Number.isInteger(value))) return null
  return `${name} is a ${isWhole ? 'whole ' : ''}number from ${minimum} to ${maximum}.`
}
