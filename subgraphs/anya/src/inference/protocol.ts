/** What the engine asks of its worker thread. */
export type WorkerRequest =
  | { readonly kind: 'LOAD'; readonly onnx: Uint8Array }
  | { readonly kind: 'RUN'; readonly id: number; readonly rows: Float32Array; readonly width: number }

/** What the worker answers. */
export type WorkerReply =
  | { readonly kind: 'LOADED' }
  | { readonly kind: 'ANSWER'; readonly id: number; readonly probabilities: Float32Array }
  | { readonly kind: 'FAILED'; readonly id: number | null; readonly message: string }
