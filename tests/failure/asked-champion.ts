import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { z } from 'zod'
import type { Analyst } from '../support/analyst-stage.ts'
import { until } from '../support/waiting.ts'

const MODEL = 'mid-direction'
const QUERY = `query ($markets: [_Any!]!) {
  model(name: "${MODEL}") { champion { version sha256 } }
  _entities(representations: $markets) { ... on Market { symbol prediction { id modelVersion { version } } } }
}`
const answerSchema = z.object({
  errors: z.never().optional(),
  data: z.object({
    model: z.object({ champion: z.object({ version: z.number(), sha256: z.string() }) }),
    _entities: z.array(
      z.object({
        symbol: z.string(),
        prediction: z.object({ id: z.string(), modelVersion: z.object({ version: z.number() }) }).nullable(),
      }),
    ),
  }),
})
/** Between answer and next question. */
const PAUSE_MS = 10
/** A busy machine forecasts late, not never. */
const PATIENCE_MS = 90_000

/** Asks for champion and predictions without a pause, as many would, and writes down every answer that is not the champion's. */
export class AskedChampion {
  /** What was wrong with an answer. */
  readonly faults: string[] = []
  answers = 0
  readonly #analyst: Analyst
  readonly #symbols: readonly string[]
  readonly #serving = new Map<string, string>()
  /** Markets that may be without a forecast now. */
  #silent: readonly string[] = []
  #version: number | undefined
  #isStopped = false
  #asking: Promise<void> = Promise.resolve()

  private constructor(analyst: Analyst, symbols: readonly string[]) {
    this.#analyst = analyst
    this.#symbols = symbols
    this.#silent = symbols
  }

  /** Resolves once all markets are forecast; from then on each answer has to have them all. */
  static async begin(analyst: Analyst, symbols: readonly string[]): Promise<AskedChampion> {
    const asked = new AskedChampion(analyst, symbols)
    asked.#asking = asked.#ask()
    await asked.allServed()
    expect(asked.faults).toEqual([])
    asked.#silent = []
    return asked
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#asking
  }

  /** Markets that from now on may be without a forecast; of all others each answer needs one. */
  allow(...silent: string[]): void {
    this.#silent = silent
  }

  /** Waits for forecasts of these markets that were not there before. */
  async forecastAnew(symbols: readonly string[] = this.#symbols): Promise<void> {
    const before = new Map(this.#serving)
    const isNew = (symbol: string) => this.#serving.has(symbol) && this.#serving.get(symbol) !== before.get(symbol)
    await this.#until(`new forecasts of ${symbols}`, () => symbols.every(isNew))
  }

  async allServed(): Promise<void> {
    await this.#until('a forecast of each market', () => this.#symbols.every((s) => this.#serving.has(s)))
  }

  async fallenSilent(symbol: string): Promise<void> {
    await this.#until(`no forecast of ${symbol}`, () => !this.#serving.has(symbol))
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    await until(what, holds, PATIENCE_MS).catch((error: unknown) => {
      throw new Error(`${error}; ${this.faults.at(-1) ?? 'every answer was the champion’s'}`)
    })
  }

  async #ask(): Promise<void> {
    const markets = this.#symbols.map((symbol) => ({ __typename: 'Market', symbol }))
    while (!this.#isStopped) {
      try {
        this.#judge(answerSchema.parse(await this.#analyst.answer(QUERY, { markets }, null)).data)
      } catch (error) {
        this.faults.push(String(error))
      }
      this.answers++
      await sleep(PAUSE_MS)
    }
  }

  #judge({ model, _entities }: z.infer<typeof answerSchema>['data']): void {
    const { version } = model.champion
    this.#version ??= version
    if (version !== this.#version) this.faults.push(`version ${version} serves instead of ${this.#version}`)
    for (const { symbol, prediction } of _entities) {
      if (prediction) this.#serving.set(symbol, prediction.id)
      else this.#serving.delete(symbol)
      if (!prediction && !this.#silent.includes(symbol)) this.faults.push(`no forecast of ${symbol}`)
      if (prediction && prediction.modelVersion.version !== version)
        this.faults.push(`version ${prediction.modelVersion.version} made the forecast of ${symbol}`)
    }
  }
}
