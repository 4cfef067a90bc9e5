import type { Evaluation, Manifest } from '../registry/index.ts'

/** A number that whoever trains may choose. */
export interface ParameterRule {
  readonly name: string
  /** What it is, in a few words. */
  readonly about: string
  readonly default: number
  readonly minimum: number
  readonly maximum: number
  readonly isWhole: boolean
}

export type Parameters = Readonly<Record<string, number>>

/** What a training was given. */
export interface Choice {
  readonly parameters: Parameters
  readonly seed: number
}

export interface TrainingInput extends Choice {
  readonly recipe: string
}

/** What a fold brought: outcomes and forecasts of its test rows, a column each, in order of time. */
export type FoldForecasts = Readonly<Record<string, Float64Array>>

export type Metrics = Readonly<Record<string, number>>

/** Called between models, with the share of the stage that is done: the one moment at which training can be stopped. */
export type Breathe = (share: number) => Promise<void>

/** A model as a file, with rows to check it by. */
export interface Candidate {
  readonly onnx: Uint8Array<ArrayBuffer>
  readonly manifest: Manifest
  /** What the trainer itself gives for `rows`, row-major, as many values a row as the file has outputs. */
  readonly sample: { readonly rows: Float32Array; readonly width: number; readonly expected: Float64Array }
  /** What its promotion is judged by. */
  readonly evaluation?: Evaluation
}

/** A data set with its features, ready to train on. */
export interface Preparation {
  /** Of data and definitions: what was computed under another one counts no more. */
  readonly fingerprint: string
  readonly folds: number
  /** Trains on what is before the fold's test, and forecasts the test. */
  judge(fold: number, breathe: Breathe): Promise<FoldForecasts>
  /** The figures of the folds so far, pooled. */
  measure(folds: readonly FoldForecasts[]): Metrics
  /** Trains the model that serves, on all rows. */
  fit(folds: readonly FoldForecasts[], breathe: Breathe): Promise<Candidate>
}

/** How a line of models is trained. The same input gives the same file, byte by byte, on one machine. */
export interface Recipe {
  /** Also of the line of models. */
  readonly name: string
  readonly about: string
  readonly parameters: readonly ParameterRule[]
  readonly seed: number
  /** @throws InvalidData where the data cannot be trained on. */
  prepare(choice: Choice, dataDirectory: string): Promise<Preparation>
}

/** Data that nothing can be learnt from: which, and why. */
export class InvalidData extends Error {}

export const whole = (rule: Omit<ParameterRule, 'isWhole'>): ParameterRule => ({ ...rule, isWhole: true })
export const real = (rule: Omit<ParameterRule, 'isWhole'>): ParameterRule => ({ ...rule, isWhole: false })

/** @returns the value of a parameter that the recipe has. */
export function parameter(parameters: Parameters, name: string): number {
  const value = parameters[name]
  if (value === undefined) throw new RangeError(`no parameter ${name}`)
  return value
}
