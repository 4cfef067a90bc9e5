import type { DocumentNode } from 'graphql'
import type { Graph } from '../supergraph/graph.ts'
import { type CacheHint, cacheHints } from './hints.ts'
import { type CachePolicy, cachePolicy } from './policy.ts'

/** Different operations in use at once. */
const MAX_KNOWN = 2_000
/** Longer texts are not worth remembering. */
const MAX_CHARACTERS = 16_384

/** The policies of one graph's operations, each found once, when it has first been answered. */
export class CachePolicies {
  readonly graph: Graph
  readonly #hints: ReadonlyMap<string, CacheHint>
  readonly #known = new Map<string, CachePolicy | null>()

  constructor(graph: Graph) {
    this.graph = graph
    this.#hints = cacheHints(graph.sdl)
  }

  /** @returns undefined for an operation that was not seen yet, null for one whose answers are not kept. */
  find(text: string, operationName: string | null): CachePolicy | null | undefined {
    return this.#known.get(keyOf(text, operationName))
  }

  /** @param document of that text; valid. */
  of(text: string, operationName: string | null, document: DocumentNode): CachePolicy | null {
    const known = this.find(text, operationName)
    if (known !== undefined || text.length > MAX_CHARACTERS) return known ?? null
    const policy = cachePolicy(document, operationName, this.graph.schema, this.#hints)
    const isShared = policy !== null && this.graph.isPublic(document)
    const key = keyOf(text, operationName)
    const scoped: CachePolicy | null = policy === null || isShared ? policy : { ...policy, scope: 'PRIVATE' }
    this.#known.set(key, scoped)
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value ?? key)
    return scoped
  }
}

function keyOf(text: string, operationName: string | null): string {
  return `${operationName ?? ''}\n${text}`
}
