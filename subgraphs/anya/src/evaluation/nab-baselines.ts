import { seededRandom } from '@opsource/kernel'
import type { StreamingDetector } from '../anomaly/detector.ts'
import { RobustLevel } from '../anomaly/robust-level.ts'
import { WindowedGaussian } from '../anomaly/windowed-gaussian.ts'
import type { LabelledSeries } from './nab-corpus.ts'
import { probation } from './nab-scorer.ts'

/** A score for each row: 0 where a detector does not judge. */
export function scoresOf({ time, value }: LabelledSeries, detector: StreamingDetector): Float64Array {
  return value.map((each, index) => {
    const judgement = detector.observe({ value: each, time: time[index]! })
    return judgement.kind === 'judged' ? judgement.score : 0
  })
}

/** Detectors that a good one must beat. Each scores one series by itself. */
export const BASELINES: Readonly<Record<string, (series: LabelledSeries, seed: number) => Float64Array>> = {
  null: ({ value }) => new Float64Array(value.length).fill(0.5),
  random: ({ value }, seed) => {
    const random = seededRandom(seed)
    return new Float64Array(value.length).map(() => random.next())
  },
  windowedGaussian: (series) => scoresOf(series, new WindowedGaussian()),
  robustLevel: (series) => scoresOf(series, new RobustLevel(probation(series.value.length))),
}
