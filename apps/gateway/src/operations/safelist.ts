import type { Identity } from '@opsource/identity'
import type { GraphQLError } from 'graphql'
import { fault } from '../errors.ts'
import { type ClientClass, classesOf } from './client-class.ts'
import type { Manifest } from './manifest.ts'

/** Classes of clients that may run nothing but the operations of a manifest. */
export class Safelist {
  readonly #manifest: Manifest
  readonly #bound: ReadonlySet<ClientClass>

  /** @throws Error where someone is bound to an empty list: nothing could be asked. */
  constructor(manifest: Manifest, bound: readonly ClientClass[]) {
    if (bound.length > 0 && manifest.operations.length === 0) {
      throw new Error(`${bound.join(' and ')} may run listed operations only, and none are listed`)
    }
    this.#manifest = manifest
    this.#bound = new Set(bound)
  }

  /** Whoever counts as several classes is free where one of them is. */
  refusal(text: string, identity: Identity | null): GraphQLError | null {
    if (this.#bound.size === 0) return null
    const classes = classesOf(identity)
    if (classes.length > 0 && !classes.every((each) => this.#bound.has(each))) return null
    if (this.#manifest.lists(text)) return null
    return fault(
      'OPERATION_NOT_LISTED',
      'These credentials may run only operations that are registered with this server.',
    )
  }
}
