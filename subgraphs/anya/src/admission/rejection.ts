/** What a foreign model is held to, in the order of looking. */
export type AdmissionCheck =
  /** Parts or hash of what was sent. */
  | 'FILE'
  /** Parses as an ONNX model whose tensors are as large as they say. */
  | 'FORMAT'
  | 'EXTERNAL_DATA'
  | 'OPERATOR_SET'
  | 'OPERATOR'
  /** Every node takes what nodes before it give. */
  | 'GRAPH'
  /** Trees end, and look at features that there are. */
  | 'TREES'
  | 'SIGNATURE'
  | 'FEATURES'
  /** onnxruntime loads and runs it. */
  | 'RUNS'
  | 'FINITE'
  /** Gives what its trainer expects. */
  | 'PARITY'
  /** What a row gives does not depend on the rows beside it: they are batched as they come. */
  | 'ROWS_INDEPENDENT'
  | 'LATENCY'
  | 'TIME'
  | 'MEMORY'

/** Why a foreign model is not taken. */
export interface Rejection {
  readonly check: AdmissionCheck
  readonly message: string
  /** The figure that missed its limit, where there is one. */
  readonly observed?: number
  readonly limit?: number
}

/** Thrown within the admission, where it is caught and becomes a value. */
export class Rejected extends Error {
  readonly rejection: Rejection

  constructor(check: AdmissionCheck, message: string, figures: { observed?: number; limit?: number } = {}) {
    super(message)
    this.rejection = { check, message, ...figures }
  }
}
