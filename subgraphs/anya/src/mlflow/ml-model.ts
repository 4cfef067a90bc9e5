import type { Signature, TensorShape } from '../inference/index.ts'

/** The file that tells MLflow what a folder of artifacts is (https://mlflow.org/docs/latest/ml/model/#storage-format). */
export const ML_MODEL = 'MLmodel'

export interface MlModel {
  readonly runId: string
  readonly signature: Signature
  /** RFC 3339. */
  readonly createdAt: string
}

/** @returns an MLmodel of the ONNX flavour, whose file is `model.onnx`. */
export function writeMlModel({ runId, signature, createdAt }: MlModel): string {
  return [
    'artifact_path: model',
    'flavors:',
    '  onnx:',
    '    code: null',
    '    data: model.onnx',
    '    onnx_version: 1.17.0',
    '    providers:',
    '    - CPUExecutionProvider',
    '  python_function:',
    '    data: model.onnx',
    '    loader_module: mlflow.onnx',
    `run_id: ${runId}`,
    'signature:',
    `  inputs: '${JSON.stringify([tensorSpec(signature.input)])}'`,
    `  outputs: '${JSON.stringify([tensorSpec(signature.output)])}'`,
    '  params: null',
    `utc_time_created: '${createdAt.replace('T', ' ').replace('Z', '')}'`,
    '',
  ].join('\n')
}

const tensorSpec = ({ name, tail }: TensorShape) => ({
  type: 'tensor',
  'tensor-spec': { dtype: 'float32', shape: [-1, ...tail] },
  name,
})

/**
 * Reads where the ONNX file lies from the block of the ONNX flavour; that is all of YAML that an import needs.
 * @returns null where the model is of other flavours only.
 */
export function onnxPathOf(text: string): string | null {
  const lines = text.split(/\r?\n/)
  const start = lines.findIndex((line) => /^ {2}onnx:\s*$/.test(line))
  if (start < 0) return null
  for (const line of lines.slice(start + 1)) {
    if (!/^ {4}/.test(line)) return null
    const data = /^ {4}data:\s*['"]?([^'"]+?)['"]?\s*$/.exec(line)?.[1]
    if (data !== undefined) return isBelow(data) ? data : null
  }
  return null
}

/** A path that stays in the folder of the model. */
const isBelow = (path: string) => !path.startsWith('/') && !path.split('/').includes('..')
