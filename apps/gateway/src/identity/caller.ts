import type { Identity } from '@opsource/identity'

/** Whom an operation speaks for. */
export interface Caller {
  /** Null without a token: only what is `@public` answers. */
  readonly identity: Identity | null
  /** The hash of the API key that speaks for it, if one does. */
  readonly apiKey?: string
  /** The header that subgraphs get: always `Bearer …`, newest token, or null. */
  authorization(): string | null
}

export const anonymous: Caller = { identity: null, authorization: () => null }
