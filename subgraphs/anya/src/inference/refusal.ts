/** Why a model did not answer. None of it is the model's opinion: the same rows may be asked again, but for `INVALID`. */
export type InferenceRefusal =
  /** As many rows wait as may. */
  | { readonly kind: 'QUEUE_FULL'; readonly waitingRows: number }
  /** Its turn did not come in time. */
  | { readonly kind: 'DEADLINE_PASSED'; readonly deadlineMs: number }
  /** The model is being started again, or was unloaded. */
  | { readonly kind: 'MODEL_AWAY' }
  /** The run took too long; its thread is replaced. */
  | { readonly kind: 'TIMED_OUT'; readonly afterMs: number }
  /** The rows do not fit the model, or it could not run them. */
  | { readonly kind: 'INVALID'; readonly message: string }
