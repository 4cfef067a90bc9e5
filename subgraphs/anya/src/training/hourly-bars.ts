import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Bars } from '../bar-features/index.ts'
import { InvalidBars, parseBars } from '../evaluation/bars.ts'
import type { BarFold, WalkForward } from '../evaluation/walk-forward.ts'
import type { Manifest } from '../registry/index.ts'
import { sha256 } from './fingerprint.ts'
import { type Choice, InvalidData, type ParameterRule, type Preparation, type Recipe, whole } from './recipe.ts'

const unpack = promisify(gunzip)
const FILE = 'hourly/eurusd.csv.gz'
export const HOUR_MS = 3_600_000
/** Prefixes of the bars on which the features are computed again. */
export const PREFIXES = 2

/** What every recipe on hourly bars lets choose. */
const barParameters: readonly ParameterRule[] = [
  { name: 'bars', about: 'the newest so many bars, or all', default: 1_000_000, minimum: 1_000, maximum: 1_000_000 },
  { name: 'folds', about: 'tests of the walk-forward, over the newest half', default: 5, minimum: 2, maximum: 20 },
].map(whole)

/** What learns from hourly bars: its line of models, and its parameters beside those of the bars. */
export type HourlyLearner = Pick<Recipe, 'name' | 'about' | 'parameters'>

export const hourlyRecipe = (
  { name, about, parameters }: HourlyLearner,
  prepare: (choice: Choice, dataDirectory: string) => Promise<Preparation>,
): Recipe => ({
  name,
  about,
  parameters: [...barParameters, ...parameters],
  seed: 1,
  prepare: (choice, dataDirectory) => asInvalidData(() => prepare(choice, dataDirectory)),
})

/** @returns the newest bars of the data set. @throws InvalidData where it is not there or malformed. */
export async function loadHourlyBars(
  dataDirectory: string,
  count: number,
): Promise<{ bars: Bars; trainedOn: Manifest['trainedOn'] }> {
  const packed = await readFile(path.join(dataDirectory, FILE)).catch(() => null)
  if (!packed) throw new InvalidData(`the bars ${FILE} are not there`)
  const bars = await asInvalidData(async () => parseBars(newest((await unpack(packed)).toString('utf8'), count)))
  return { bars, trainedOn: [{ segment: 'hourly-eurusd', sha256: sha256(packed) }] }
}

/** What cannot be evaluated cannot be trained on. */
async function asInvalidData<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof InvalidBars ? new InvalidData(error.message) : error
  }
}

/** The header and the last so many lines. */
function newest(text: string, count: number): string {
  const [header = '', ...lines] = text.trimEnd().split('\n')
  return [header, ...lines.slice(-count)].join('\n')
}

/**
 * The rows of the model that serves: all whose outcome is known, parted into training and validation as those of every fold are. What
 * it is tested on is yet to come.
 */
export function servingFold(size: number, plan: WalkForward, eligible: (row: number) => boolean): BarFold {
  const apart = plan.horizon + plan.embargo
  const end = size - plan.horizon
  const split = plan.first + Math.floor((end - plan.first) * (1 - plan.validationShare))
  const rows = (from: number, to: number) =>
    Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i).filter(eligible)
  return { train: rows(plan.first, split - apart), validation: rows(split, end), test: new Int32Array() }
}
