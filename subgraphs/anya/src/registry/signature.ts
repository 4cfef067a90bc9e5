import { z } from 'zod'
import type { Signature, TensorShape } from '../inference/index.ts'

const MAX_AXES = 8
const tensorSchema = z.object({
  name: z.string().min(1).max(128),
  tail: z.array(z.number().int().positive()).max(MAX_AXES),
})

/** What a file takes and gives: float32, rows of any number first. */
export const signatureSchema: z.ZodType<Signature> = z.object({ input: tensorSchema, output: tensorSchema })

/** Of the files that our own training writes: rows of features to one probability or value a row. */
export function plainSignature(width: number): Signature {
  return { input: { name: 'features', tail: [width] }, output: { name: 'probability', tail: [1] } }
}

/** As the graph shows a tensor. */
export const shownTensor = ({ name, tail }: TensorShape) => ({ name, type: 'FLOAT32', shape: [...tail] })
