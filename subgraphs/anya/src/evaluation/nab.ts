import { seededRandom } from '@opsource/kernel'
import { BASELINES } from './nab-baselines.ts'
import { type Corpus, type LabelledSeries, readCorpus } from './nab-corpus.ts'
import { bestThreshold, type Detections, type Outcome, type Profile, scoreAt, scoreOf } from './nab-scorer.ts'
import {
  halves,
  heard,
  type Parameters,
  type Reports,
  randomHalves,
  reportsOf,
  steadyThreshold,
  tune,
} from './nab-tuning.ts'
import { type Progress, silent } from './progress.ts'
import { above, atLeast, verdictOf } from './verdict.ts'

const SEED = 20_150_101
const FIXED =
  'memory, rise and threshold, by profile; the members of the committee, their tails and the grid of candidates were chosen with 31 files of NAB in view'
const RANDOM_SPLITS = 30
const LEAST_SCORE = 65
/** Numenta's own detector on the whole corpus. */
const STRETCH_SCORE = 70.1
const SPLIT = 'every other file of the list sorted by name; the first half begins with the first'

/**
 * The streaming committee on a corpus laid out as NAB's: parameters and threshold are fixed on one half of the files and scored on the other,
 * both ways, beside baselines that are treated alike.
 * @throws InvalidCorpus
 */
export async function evaluateNab(directory: string, progress: Progress) {
  const { missing, unlabelled, ...corpus } = await readCorpus(directory)
  return { ...evaluateCorpus(corpus, progress), leftOut: { missing, unlabelled } }
}

export function evaluateCorpus({ series, profiles }: Pick<Corpus, 'series' | 'profiles'>, progress: Progress = silent) {
  const started = performance.now()
  const rows = series.reduce((sum, each) => sum + each.value.length, 0)
  let done = 0
  const reports = series.map((each) => {
    const report = reportsOf(each)
    done += each.value.length
    progress.at(done / rows)
    return report
  })
  const names = (half: readonly Reports[]) => half.map((each) => each.series.name)
  const [first, second] = halves(reports)
  const baselines = Object.entries(BASELINES).map(([name, score]) => ({ name, heard: baseline(series, score) }))
  const figuresOf = (profile: Profile): Readonly<Record<string, Figures>> => ({
    committee: figures(directionsOf(reports, profile), profile, steadyThreshold),
    ...Object.fromEntries(baselines.map((each) => [each.name, figures(each.heard, profile, bestThreshold)])),
  })
  const results = Object.fromEntries(Object.entries(profiles).map(([name, profile]) => [name, figuresOf(profile)]))
  return {
    kind: 'nab',
    ...nabVerdict(results.standard!.committee!),
    files: series.length,
    rows,
    windows: series.reduce((sum, each) => sum + each.windows.length, 0),
    fixedOnAHalf: FIXED,
    split: { rule: SPLIT, first: names(first), second: names(second) },
    profiles: results,
    /** Of the standard profile. */
    randomHalves: randomHalves(reports, profiles.standard!, seededRandom(SEED), RANDOM_SPLITS),
    ...held(directionsOf(reports, profiles.standard!), profiles.standard!),
    seconds: (performance.now() - started) / 1_000,
  }
}

/** Without a window there is nothing to find, and no score. */
function nabVerdict({ heldOut, heldOutOfBoth }: Figures) {
  const windows = heldOut.reduce((sum, each) => sum + each.windows, 0)
  const held = `standard profile, at least ${LEAST_SCORE}`
  return {
    ...verdictOf(
      [
        ...heldOut.map(({ fixedOn, score, windows: own }) =>
          atLeast(`${held}: fixed on the ${fixedOn} half, scored on the other`, own > 0 ? score : null, LEAST_SCORE),
        ),
        atLeast(
          `${held}: each file with what was fixed on the half that it is not in`,
          windows > 0 ? heldOutOfBoth : null,
          LEAST_SCORE,
        ),
      ],
      heldOut.some((each) => each.windows === 0) ? 'TOO FEW WINDOWS: a half has none' : undefined,
    ),
    stretch: above(
      `more than ${STRETCH_SCORE} on each file with what was fixed on the half that it is not in`,
      windows > 0 ? heldOutOfBoth : null,
      STRETCH_SCORE,
    ),
  }
}

/** One half on which everything is fixed, and the other on which it is scored, with the same parameters in both. */
interface Direction {
  readonly fixedOn: 'first' | 'second'
  readonly parameters: Parameters | undefined
  readonly tuned: readonly Detections[]
  readonly heldOut: readonly Detections[]
  readonly heldOutSeries: readonly LabelledSeries[]
}

function directionsOf(reports: readonly Reports[], profile: Profile): readonly Direction[] {
  const [first, second] = halves(reports)
  const direction = (fixedOn: 'first' | 'second', own: readonly Reports[], other: readonly Reports[]): Direction => {
    const parameters = tune(own, profile)
    const said = (half: readonly Reports[]) => half.map((each) => heard(each, parameters))
    const heldOutSeries = other.map((each) => each.series)
    return { fixedOn, parameters, tuned: said(own), heldOut: said(other), heldOutSeries }
  }
  return [direction('first', first, second), direction('second', second, first)]
}

function baseline(
  series: readonly LabelledSeries[],
  score: (series: LabelledSeries, seed: number) => Float64Array,
): readonly Direction[] {
  const [first, second] = halves(series.map((each, index) => ({ each, said: said(each, score(each, SEED + index)) })))
  const direction = (fixedOn: 'first' | 'second', own: typeof first, other: typeof first): Direction => ({
    fixedOn,
    parameters: undefined,
    tuned: own.map((item) => item.said),
    heldOut: other.map((item) => item.said),
    heldOutSeries: other.map((item) => item.each),
  })
  return [direction('first', first, second), direction('second', second, first)]
}

const said = ({ windows }: LabelledSeries, score: Float64Array): Detections => ({ score, windows })

type Thresholding = (series: readonly Detections[], profile: Profile) => { readonly threshold: number }

type Figures = ReturnType<typeof figures>

function figures(directions: readonly Direction[], profile: Profile, thresholding: Thresholding) {
  const scored = directions.map(({ fixedOn, parameters, tuned, heldOut }) => {
    const { threshold } = thresholding(tuned, profile)
    return {
      fixedOn,
      parameters,
      threshold,
      onIt: scoreAt(tuned, profile, threshold),
      heldOut: scoreAt(heldOut, profile, threshold),
    }
  })
  const first = directions[0]!
  const everything = [...first.tuned, ...first.heldOut]
  const { threshold } = bestThreshold(everything, profile)
  return {
    heldOut: scored.map(({ fixedOn, parameters, threshold, onIt, heldOut }) => ({
      fixedOn,
      parameters: { ...parameters, threshold },
      scoreWhereFixed: onIt.score,
      score: heldOut.score,
      windows: heldOut.windows,
      found: heldOut.found,
      falsePositives: heldOut.falsePositives,
    })),
    /** Each file scored with what was fixed on the half that it is not in. */
    heldOutOfBoth: pooled(
      scored.map((each) => each.heldOut),
      profile,
    ),
    allFiles: {
      parametersOf: 'first',
      thresholdOf: 'all files, as NAB does',
      threshold,
      ...scoreAt(everything, profile, threshold),
    },
  }
}

function pooled(outcomes: readonly Outcome[], profile: Profile): number {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
  return scoreOf(
    sum((outcome) => outcome.raw),
    sum((outcome) => outcome.windows),
    profile,
  )
}

/** Results by file and by category in the standard profile, each file with what was fixed on the half that it is not in. */
function held(directions: readonly Direction[], profile: Profile) {
  const files = directions.flatMap(({ tuned, heldOut, heldOutSeries }) => {
    const { threshold } = steadyThreshold(tuned, profile)
    return heldOutSeries.map(({ name }, index) => {
      const { raw, windows, found, falsePositives } = scoreAt([heldOut[index]!], profile, threshold)
      return { name, windows, found, falsePositives, raw }
    })
  })
  files.sort((left, right) => (left.name < right.name ? -1 : 1))
  const categories = Map.groupBy(files, ({ name }) => name.split('/')[0]!)
  return {
    fileResults: files,
    categoryResults: [...categories].map(([name, own]) => {
      const sum = (of: (file: (typeof own)[number]) => number) => own.reduce((total, file) => total + of(file), 0)
      return {
        name,
        files: own.length,
        windows: sum((file) => file.windows),
        found: sum((file) => file.found),
        falsePositives: sum((file) => file.falsePositives),
        raw: sum((file) => file.raw),
      }
    }),
  }
}
