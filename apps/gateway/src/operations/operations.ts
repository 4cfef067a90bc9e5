import type { Cache } from '@opsource/cache'
import type { Identity } from '@opsource/identity'
import { err, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import type { ClientClass } from './client-class.ts'
import type { Manifest } from './manifest.ts'
import { type GivenOperation, PersistedOperations } from './persisted.ts'
import { Safelist } from './safelist.ts'

export interface OperationsOptions {
  readonly manifest: Manifest
  /** Who may run only what the manifest lists. */
  readonly safelisted: readonly ClientClass[]
  readonly cache: Cache
  readonly log: Logger
}

/** Which text a request runs, and whether its caller may, whichever way it came. */
export class Operations {
  readonly #persisted: PersistedOperations
  readonly #safelist: Safelist

  constructor({ manifest, safelisted, cache, log }: OperationsOptions) {
    this.#persisted = new PersistedOperations(manifest, cache, log)
    this.#safelist = new Safelist(manifest, safelisted)
  }

  /** @returns the text, or BAD_USER_INPUT, PERSISTED_QUERY_NOT_FOUND or OPERATION_NOT_LISTED; a promise only where it must be looked for. */
  textOf(
    given: GivenOperation,
    identity: Identity | null,
  ): Result<string, GraphQLError> | Promise<Result<string, GraphQLError>> {
    const text = this.#persisted.textOf(given)
    return text instanceof Promise ? text.then((found) => this.#judged(found, identity)) : this.#judged(text, identity)
  }

  #judged(text: Result<string, GraphQLError>, identity: Identity | null): Result<string, GraphQLError> {
    const refusal = text.ok ? this.#safelist.refusal(text.value, identity) : null
    return refusal === null ? text : err(refusal)
  }
}
