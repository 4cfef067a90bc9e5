import type { Database } from '../database.ts'
import type { PairedForecasts } from './comparison.ts'
import type { VersionKey } from './store.ts'

/** The newest that a comparison reads: five hours of one market's seconds. */
const MAX_PAIRS = 20_000

export interface ShadowForecast extends VersionKey {
  /** The champion's forecast that was made from the same features. */
  readonly predictionId: string
  /** Probability that the mid price rises. */
  readonly up: number
  /** Seen in training by one of the two. */
  readonly inSample: boolean
  /** Milliseconds since the Unix epoch. */
  readonly madeAt: number
}

/** A challenger's forecast beside the champion's and the baseline's of the same moment, and what came of it. */
export interface ShadowPair {
  readonly madeAt: number
  readonly horizonMs: number
  readonly championVersion: number
  readonly up: number
  readonly championUp: number
  readonly baselineUp: number
  /** 1: up, 0: down. */
  readonly outcome: 0 | 1
}

export class ShadowStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async record(forecasts: readonly ShadowForecast[]): Promise<void> {
    const data = forecasts.map(({ version, madeAt, ...rest }) => ({
      ...rest,
      modelVersion: version,
      madeAt: new Date(madeAt),
    }))
    await this.#database.shadowForecast.createMany({ data, skipDuplicates: true })
  }

  /** @returns how many it has made, scored or not. */
  count({ modelName, version }: VersionKey): Promise<number> {
    return this.#database.shadowForecast.count({ where: { modelName, modelVersion: version } })
  }

  /** @returns those out of sample whose price has moved since, in order of time. */
  async pairs({ modelName, version }: VersionKey): Promise<ShadowPair[]> {
    const rows = await this.#database.shadowForecast.findMany({
      where: { modelName, modelVersion: version, inSample: false, prediction: { returnBps: { not: null } } },
      include: { prediction: true },
      orderBy: { madeAt: 'desc' },
      take: MAX_PAIRS,
    })
    return rows.reverse().flatMap(({ up, prediction }) => {
      const { returnBps, madeAt, horizonMs, modelVersion, direction, probability } = prediction
      if (returnBps === null || returnBps === 0) return []
      const { baselineDirection, baselineProbability } = prediction
      const championUp = upOf(direction, probability)
      const baselineUp = upOf(baselineDirection, baselineProbability)
      if (championUp === null || baselineUp === null) return []
      return [
        {
          madeAt: madeAt.getTime(),
          horizonMs,
          championVersion: modelVersion,
          up,
          championUp,
          baselineUp,
          outcome: returnBps > 0 ? 1 : 0,
        },
      ]
    })
  }
}

function upOf(direction: 'UP' | 'DOWN' | null, probability: number | null): number | null {
  if (direction === null || probability === null) return null
  return direction === 'UP' ? probability : 1 - probability
}

/** @param stepMs time between forecasts of one market. */
export function pairedForecasts(
  pairs: readonly ShadowPair[],
  rival: 'CHAMPION' | 'BASELINE',
  stepMs: number,
): PairedForecasts {
  const horizonMs = pairs[0]?.horizonMs ?? stepMs
  return {
    loss: { kind: 'LOG_LOSS' },
    horizonSteps: Math.max(1, Math.ceil(horizonMs / stepMs)),
    times: pairs.map(({ madeAt }) => madeAt),
    forecasts: pairs.map(({ up }) => up),
    rival: pairs.map(({ championUp, baselineUp }) => (rival === 'CHAMPION' ? championUp : baselineUp)),
    outcomes: pairs.map(({ outcome }) => outcome),
  }
}
