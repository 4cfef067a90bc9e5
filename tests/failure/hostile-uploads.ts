import { FEATURE_COUNT, FEATURE_NAMES } from '../../subgraphs/anya/src/features/index.ts'
import { type ForeignModel, foreignModel } from '../../subgraphs/anya/src/testing/foreign-model.ts'

export const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const floats = (...values: number[]) => base64(new Uint8Array(Float32Array.from(values).buffer))
const row = Array.from({ length: FEATURE_COUNT }, (_, i) => i - 8)
/** Says 0.5 whatever it sees, before what is changed. */
const sound: ForeignModel = {
  inputs: [{ name: 'x', shape: ['N', FEATURE_COUNT] }],
  outputs: [{ name: 'y', shape: ['N', 1] }],
  nodes: [
    { operator: 'MatMul', inputs: ['x', 'w'], outputs: ['z'] },
    { operator: 'Sigmoid', inputs: ['z'], outputs: ['y'] },
  ],
  constants: [{ name: 'w', shape: [FEATURE_COUNT, 1], values: new Float32Array(FEATURE_COUNT) }],
}
const [product, sigmoid] = sound.nodes
if (!product || !sigmoid) throw new Error('the model has no nodes')
/** What is sent with the file, of a line that is served. */
export const uploadOf = (file: Uint8Array, changes: object = {}) => ({
  model: 'mid-direction',
  file: { base64: base64(file) },
  signature: { input: { name: 'x', shape: [FEATURE_COUNT] }, output: { name: 'y', shape: [1] } },
  featureSet: 'book',
  features: FEATURE_NAMES,
  horizonMs: 10_000,
  sample: { rows: floats(...row), expected: floats(0.5) },
  ...changes,
})
/** As a framework could have written it. */
export const file = (changes: Partial<ForeignModel> = {}) => foreignModel({ ...sound, ...changes })
const huge = { name: 'huge', shape: [4], values: [16, 1024, 1024, 24] }
const rejected = (check: string) => ({ __typename: 'ModelRejected', code: 'MODEL_REJECTED', check })
/** How what cannot be read is answered. */
export const unreadable = (field: string) => ({
  __typename: 'ModelUploadUnreadable',
  code: 'MODEL_UPLOAD_UNREADABLE',
  field,
})

/** What is wrong with a file, how it is sent, and what is answered. */
export const HOSTILE_UPLOADS: readonly (readonly [string, () => object, object])[] = [
  ['is cut off', () => uploadOf(file().slice(0, -40)), rejected('FORMAT')],
  ['is no model', () => uploadOf(Buffer.from('#!/bin/sh')), rejected('FORMAT')],
  [
    'is oversized',
    () => uploadOf(file(), { file: { parts: { sha256: '0'.repeat(64), count: 49 } } }),
    unreadable('file'),
  ],
  [
    'goes in a circle',
    () => uploadOf(file({ nodes: [{ ...product, inputs: ['y', 'w'] }, sigmoid] })),
    rejected('GRAPH'),
  ],
  [
    'loops',
    () =>
      uploadOf(file({ nodes: [product, { ...sigmoid, operator: 'Loop', attributes: { body: { graph: sound } } }] })),
    rejected('OPERATOR'),
  ],
  [
    'brings code of its own',
    () => uploadOf(file({ operatorSets: { '': 17, 'com.evil': 1 } })),
    rejected('OPERATOR_SET'),
  ],
  [
    'reads files of the machine',
    () => uploadOf(file({ constants: [{ ...sound.constants![0]!, location: '/etc/passwd' }] })),
    rejected('EXTERNAL_DATA'),
  ],
  [
    'takes all memory there is',
    () =>
      uploadOf(
        file({
          constants: [...sound.constants!, huge],
          nodes: [
            { operator: 'ConstantOfShape', inputs: ['huge'], outputs: ['zeros'] },
            { operator: 'ReduceSum', inputs: ['zeros'], outputs: ['zero'], attributes: { keepdims: 0 } },
            { ...product, outputs: ['p'] },
            { operator: 'Add', inputs: ['p', 'zero'], outputs: ['z'] },
            sigmoid,
          ],
        }),
      ),
    rejected('MEMORY'),
  ],
  [
    'takes rows of another width',
    () => uploadOf(file({ inputs: [{ name: 'x', shape: ['N', 3] }] })),
    rejected('SIGNATURE'),
  ],
  [
    'takes doubles',
    () => uploadOf(file({ inputs: [{ name: 'x', shape: ['N', FEATURE_COUNT], type: 11 }] })),
    rejected('SIGNATURE'),
  ],
  [
    'answers no numbers',
    () =>
      uploadOf(file({ nodes: [product, { operator: 'Log', inputs: ['z'], outputs: ['y'] }] }), {
        sample: { rows: floats(...row), expected: floats(Number.NaN) },
      }),
    rejected('FINITE'),
  ],
  [
    'was asked of what is no number',
    () => uploadOf(file(), { sample: { rows: floats(...row.map(() => Number.NaN)), expected: floats(0.5) } }),
    rejected('FINITE'),
  ],
]
