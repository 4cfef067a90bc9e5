/** What a model takes and gives: float32, the first axis being rows, of any number. */
export interface Signature {
  readonly input: TensorShape
  /** The output that is served; others that the file has are not computed. */
  readonly output: TensorShape
}

export interface TensorShape {
  readonly name: string
  /** Sizes of the axes after the rows: `[17]`, or `[64, 16]` of a sequence; empty for one number a row. */
  readonly tail: readonly number[]
}

/** How many numbers one row is. */
export const widthOf = ({ tail }: TensorShape) => tail.reduce((width, size) => width * size, 1)

/** What an inference thread is started with. */
export interface ModelFile {
  readonly onnx: Uint8Array
  readonly signature: Signature
}

/** What the engine asks of the thread: whole rows, one after another. */
export interface RunRequest {
  readonly rows: Float32Array<ArrayBuffer>
}

/** What the thread found when it loaded the model and ran it for the first times. */
export interface LoadedSession {
  readonly milliseconds: number
  /** By how much the process grew meanwhile. Other threads count too, so that it is an upper bound at best. */
  readonly grownBytes: number
}
