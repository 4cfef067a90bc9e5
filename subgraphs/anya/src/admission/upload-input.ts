import { err, ok, type Result } from '@opsource/kernel'
import { z } from 'zod'
import { type Signature, widthOf } from '../inference/index.ts'
import { FEATURE_SETS, type FeatureSet } from './feature-sets.ts'
import { Rejected, type Rejection } from './rejection.ts'
import { MAX_PART_BYTES, MAX_PARTS } from './uploaded-parts.ts'

const MAX_SAMPLE_ROWS = 256
const MAX_AXES = 3
/** Numbers of one row: a day of minutes with some tens of features. */
const MAX_WIDTH = 65_536
const DEFAULT_TOLERANCE = 1e-5
const MAX_TOLERANCE = 1e-3
const FLOAT_BYTES = 4
const MAX_TRAINING_FILES = 100

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hexadecimal')

const bytesSchema = z.base64('is no base64').transform((text) => Uint8Array.from(Buffer.from(text, 'base64')))

/** Little-endian float32 numbers. */
const floatsSchema = bytesSchema
  .refine((bytes) => bytes.length > 0 && bytes.length % FLOAT_BYTES === 0, 'is no list of 4-byte numbers')
  .transform((bytes) => {
    const view = new DataView(bytes.buffer)
    return Float32Array.from({ length: bytes.length / FLOAT_BYTES }, (_, i) => view.getFloat32(i * FLOAT_BYTES, true))
  })

const tensorSchema = z
  .object({ name: z.string().min(1).max(128), shape: z.array(z.number().int().min(1)).max(MAX_AXES) })
  .transform(({ name, shape }) => ({ name, tail: shape }))
  .refine((tensor) => widthOf(tensor) <= MAX_WIDTH, `is of more than ${MAX_WIDTH} numbers a row`)

const fileSchema = z.union([
  z.object({ base64: bytesSchema }).transform(({ base64 }) => ({ kind: 'WHOLE' as const, onnx: base64 })),
  z
    .object({ parts: z.object({ sha256: sha256Schema, count: z.number().int().min(1).max(MAX_PARTS) }) })
    .transform(({ parts }) => ({ kind: 'PARTS' as const, ...parts })),
])

const uploadSchema = z.object({
  model: z.string().regex(/^[\w.-]{1,64}$/, 'has other characters than letters, digits, _, . and -, or more than 64'),
  file: fileSchema,
  signature: z.object({ input: tensorSchema, output: tensorSchema }),
  featureSet: z.string().max(64),
  features: z.array(z.string().max(128)).min(1).max(1_000),
  horizonMs: z.number().int().positive(),
  sample: z.object({ rows: floatsSchema, expected: floatsSchema }),
  tolerance: z.number().positive().max(MAX_TOLERANCE).nullish(),
  framework: z.string().min(1).max(128).nullish(),
  seed: z.number().int().nullish(),
  trainedOn: z
    .array(z.object({ segment: z.string().min(1).max(128), sha256: sha256Schema }))
    .max(MAX_TRAINING_FILES)
    .nullish(),
})

export const partSchema = z.object({
  sha256: sha256Schema,
  index: z
    .number()
    .int()
    .min(0)
    .max(MAX_PARTS - 1),
  base64: bytesSchema.refine(
    ({ length }) => length > 0 && length <= MAX_PART_BYTES,
    `is not 1 to ${MAX_PART_BYTES} bytes`,
  ),
})

type ParsedUpload = z.infer<typeof uploadSchema>

export interface Upload extends Omit<ParsedUpload, 'tolerance' | 'signature'> {
  readonly signature: Signature
  readonly tolerance: number
  readonly known: FeatureSet
}

/** What cannot be read: the field, and what is wrong with it. */
export interface UnreadableField {
  readonly field: string
  readonly message: string
}

export function unreadable(error: z.ZodError): UnreadableField {
  const issue = error.issues[0]
  return { field: issue?.path.join('.') ?? '', message: issue?.message ?? 'cannot be read' }
}

/** Reads what came with a model, and holds features, signature and sample to each other. */
export function readUpload(input: unknown): Result<Upload, UnreadableField | Rejection> {
  const parsed = uploadSchema.safeParse(input)
  if (!parsed.success) return err(unreadable(parsed.error))
  const { data } = parsed
  try {
    const known = checkFeatures(data)
    checkSample(data)
    return ok({ ...data, known, tolerance: data.tolerance ?? DEFAULT_TOLERANCE })
  } catch (error) {
    if (error instanceof Rejected) return err(error.rejection)
    throw error
  }
}

function checkFeatures({ featureSet, features, signature }: ParsedUpload): FeatureSet {
  const known = FEATURE_SETS.get(featureSet)
  if (!known) {
    throw new Rejected(
      'FEATURES',
      `There are no features ${featureSet}: there are ${[...FEATURE_SETS.keys()].join(', ')}.`,
    )
  }
  const strange = known.names.findIndex((name, i) => features[i] !== name)
  const place = strange === -1 ? known.names.length : strange
  if (strange !== -1 || features.length > known.names.length) {
    const wanted = known.names[place] ?? 'nothing'
    throw new Rejected('FEATURES', `Feature ${place} is ${features[place] ?? 'missing'} instead of ${wanted}.`)
  }
  if (signature.input.tail.at(-1) !== features.length) {
    throw new Rejected(
      'SIGNATURE',
      `The last axis of ${signature.input.name} has to be the ${features.length} features.`,
    )
  }
  return known
}

function checkSample({ sample, signature }: ParsedUpload): void {
  const rows = sample.rows.length / widthOf(signature.input)
  if (!Number.isInteger(rows) || rows > MAX_SAMPLE_ROWS) {
    throw new Rejected(
      'SIGNATURE',
      `The sample is not 1 to ${MAX_SAMPLE_ROWS} rows of ${widthOf(signature.input)} numbers.`,
    )
  }
  const expected = rows * widthOf(signature.output)
  if (sample.expected.length !== expected) {
    const figures = { observed: sample.expected.length, limit: expected }
    throw new Rejected('SIGNATURE', `For ${rows} rows ${expected} numbers are expected.`, figures)
  }
}
