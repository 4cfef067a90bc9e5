import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** What a model file promises, and how it came to be: `manifest.json` beside the ONNX file, and the registry's row. */
export const manifestSchema = z.object({
  name: z.string().regex(/^[\w.-]{1,64}$/),
  /** Of the ONNX file. */
  sha256,
  featureHash: sha256,
  features: z.array(z.string()).min(1),
  horizonMs: z.number().int().positive(),
  /** The recorded files it was trained on, by segment name: forecasts while they play are in-sample. */
  trainedOn: z.array(z.object({ segment: z.string(), sha256 })),
  seed: z.number().int(),
  recipe: z.object({ candidate: z.string(), parameters: z.record(z.string(), z.union([z.number(), z.string()])) }),
  baseline: z.object({ feature: z.string(), coefficient: z.number().nonnegative() }),
  /** Measured on held-out data of the training files; `baseline.…` on the same rows. */
  metrics: z.record(z.string(), z.number()),
  /** `RULE`: the baseline itself, as a file. */
  kind: z.enum(['MODEL', 'RULE']).optional(),
  /** Of the code that trained it: a commit or a release. */
  codeVersion: z.string().min(1).max(128).optional(),
  /** Of all that it was trained on. */
  dataHash: sha256.optional(),
  /** The version of the same line that it was trained from. */
  parentVersion: z.number().int().positive().optional(),
})

export type Manifest = z.infer<typeof manifestSchema>

/** Of all that the model was trained on: as it says, or of the hashes of its files one after another; null where it names none. */
export function dataHashOf({ dataHash, trainedOn }: Manifest): string | null {
  if (dataHash !== undefined) return dataHash
  if (trainedOn.length === 0) return null
  const files = trainedOn.map((file) => file.sha256).join()
  return createHash('sha256').update(files).digest('hex')
}

const packageFile = new URL('../../package.json', import.meta.url)
/** What trained a model that does not say which code did. */
export const RELEASE = `opsource ${z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile, 'utf8'))).version}`
