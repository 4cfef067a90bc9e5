import type { MarketSteps } from './recording.ts'

export const MODEL_NAME = 'mid-direction'
export const HORIZON_MS = 10_000
/** As often as serving forecasts. */
export const SAMPLE_STEP_MS = 1_000
export const SEED = 20_240_808

/** Each market's first file only: the second stays unseen, so that a first replay of it is out of sample. */
export const TRAINING_SEGMENTS: readonly (MarketSteps & { readonly segment: string })[] = [
  { segment: 'spot_btcusdt_20240808', tickScale: 2, lotScale: 5 },
  { segment: 'spot_ethusdt_20240808', tickScale: 2, lotScale: 4 },
]
