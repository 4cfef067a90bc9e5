import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import {
  evaluationSchema,
  type Manifest,
  manifestSchema,
  type Registration,
  signatureSchema,
} from '../../registry/index.ts'
import { writeWhole } from '../checkpoints.ts'
import { sha256 } from '../fingerprint.ts'
import type { Candidate } from '../recipe.ts'
import { registrationOf } from '../registration.ts'

const MODEL = 'model.onnx'
const REST = 'result.json'

const restSchema = z.object({
  manifest: manifestSchema,
  registration: z.object({ signature: signatureSchema, evaluation: evaluationSchema.optional() }),
})

/** What a training leaves to be registered. */
export interface TrainingResult {
  readonly onnx: Uint8Array<ArrayBuffer>
  readonly manifest: Manifest
  readonly registration: Registration
}

/** The model comes first: where the rest is, all is. */
export async function writeResult(folder: string, candidate: Candidate, writer: string): Promise<void> {
  const { onnx, manifest } = candidate
  await writeWhole(path.join(folder, MODEL), onnx, writer)
  await writeWhole(
    path.join(folder, REST),
    JSON.stringify({ manifest, registration: registrationOf(candidate) }),
    writer,
  )
}

/** @returns null where the training has not come to its end. */
export async function readResult(folder: string): Promise<TrainingResult | null> {
  const text = await readFile(path.join(folder, REST), 'utf8').catch(() => null)
  if (text === null) return null
  const { manifest, registration } = restSchema.parse(JSON.parse(text))
  const { signature, evaluation } = registration
  const onnx = Uint8Array.from(await readFile(path.join(folder, MODEL)))
  if (sha256(onnx) !== manifest.sha256) return null
  return { onnx, manifest, registration: evaluation ? { signature, evaluation } : { signature } }
}
