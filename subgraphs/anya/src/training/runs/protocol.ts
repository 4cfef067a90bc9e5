import { z } from 'zod'
import { failureCodes } from './training-run.ts'

const numbers = z.record(z.string(), z.number())

/** What the trainer asks of its child: once. */
export const orderSchema = z.object({
  input: z.object({ recipe: z.string(), parameters: numbers, seed: z.number() }),
  dataDirectory: z.string(),
  /** Where the child keeps what it has computed, and at the end the model. */
  folder: z.string(),
  /** Names the child's temporary files. */
  writer: z.string(),
})
export type Order = z.infer<typeof orderSchema>

const progressSchema = z.object({
  stage: z.enum(['DATASET', 'FOLDS', 'FIT', 'VERIFY']),
  fold: z.number().nullable(),
  folds: z.number(),
  percent: z.number(),
  metrics: numbers,
})

/** What the child tells. After `DONE` the model lies in the folder. */
export const reportSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('PROGRESS'), progress: progressSchema }),
  z.object({ kind: z.literal('DONE') }),
  z.object({ kind: z.literal('FAILED'), code: z.enum(failureCodes), message: z.string() }),
])
export type Report = z.infer<typeof reportSchema>
