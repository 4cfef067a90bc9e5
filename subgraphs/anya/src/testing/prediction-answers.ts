import { z } from 'zod'

const figuresSchema = z.object({
  brier: z.number().nullable(),
  logLoss: z.number().nullable(),
  calibration: z.array(z.object({ count: z.number() })).length(10),
  quantiles: z.array(z.object({ level: z.number(), observed: z.number().nullable(), count: z.number() })).length(5),
})
/** What RECORD is answered with. */
export const recordSchema = z.object({
  scored: z.number(),
  inSample: z.number(),
  horizon: z.string(),
  since: z.string().nullable(),
  market: z.object({ symbol: z.string() }).nullable(),
  forecast: figuresSchema,
  baseline: figuresSchema,
  comparison: z.object({ pValue: z.number() }).nullable(),
})
/** What came of a version's forecasts, beside the baseline's. */
export const RECORD = `query ($market: String) { predictionTrackRecord(model: "mid-direction", market: $market) {
  scored inSample horizon since market { symbol } comparison { pValue }
  forecast { ...Figures } baseline { ...Figures }
} }
fragment Figures on TrackedFigures { brier logLoss calibration { count } quantiles { level observed count } }`

/** What is read of a prediction that says why, and maybe how far. */
export const forecastSchema = z.object({
  upProbability: z.number(),
  downProbability: z.number(),
  expectedReturnBps: z.number().nullable(),
  expectedVolatilityBps: z.number().nullable(),
  returnQuantiles: z.array(z.object({ level: z.number(), returnBps: z.number() })).nullable(),
  explanation: z.object({
    scale: z.string(),
    base: z.number(),
    total: z.number(),
    contributions: z.array(z.object({ feature: z.string(), contribution: z.number() })),
  }),
})

const MARKETS = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Market {
  symbol
  prediction {
    id direction probability upProbability downProbability horizon horizonMs inSample madeAt featureVectorHash
    expectedReturnBps returnQuantiles { level returnBps } expectedVolatilityBps dataWindow { from to rows }
    explanation { output scale base total contributions(top: 2) { feature value contribution } }
    baseline { direction probability } modelVersion { version sha256 model { name } } market { symbol } outcome { returnBps } }
  hourly: prediction(horizon: H1) { id }
  predictions(first: 2) { pageInfo { hasNextPage endCursor } edges { node { id inSample outcome { direction returnBps correct baselineCorrect } } } }
} } }`

interface Outcome {
  readonly direction: string | null
  readonly returnBps: number
  readonly correct: boolean | null
  readonly baselineCorrect: boolean | null
}
export interface MarketAnswer {
  readonly symbol: string
  readonly prediction: Record<string, unknown> | null
  readonly predictions: {
    readonly pageInfo: { readonly hasNextPage: boolean }
    readonly edges: {
      readonly node: { readonly id: string; readonly inSample: boolean; readonly outcome: Outcome | null }
    }[]
  }
}

interface Asked {
  ask(query: string, variables: object): Promise<{ readonly _entities: MarketAnswer[] }>
}

/** @returns what the analyst says of each market, in their order. */
export async function marketsOf(analyst: Asked, symbols: readonly string[]): Promise<MarketAnswer[]> {
  const representations = symbols.map((symbol) => ({ __typename: 'Market', symbol }))
  return (await analyst.ask(MARKETS, { representations }))._entities
}
