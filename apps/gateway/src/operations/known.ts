import { hash } from 'node:crypto'
import { type DocumentNode, type GraphQLSchema, getOperationAST, type OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type CacheHint, cacheHints } from '../cache/hints.ts'
import { type CachePolicy, cachePolicy } from '../cache/policy.ts'
import { MAX_KEPT_WEIGHT, weightOf } from '../limits/operation.ts'
import type { Graph } from '../supergraph/graph.ts'

/** Different operations in use at once. */
const MAX_KNOWN = 2_000
/** Longer texts are not worth remembering. */
const MAX_CHARACTERS = 16_384

/** An operation that has been found valid. */
export interface KnownOperation {
  /** Of the graph, the text and the name asked for. */
  readonly id: string
  readonly graph: Graph
  readonly document: DocumentNode
  readonly definition: OperationDefinitionNode
  /** The name that was asked for. */
  readonly name: string | null
  /** How long its answers may be kept; null for not at all. */
  readonly policy: CachePolicy | null
}

/** An operation by its text, and the name of one of several in it. */
export interface OperationText {
  readonly query: string
  readonly operationName: string | null
}

/** The operations that have been parsed and validated against the graph in use: whoever sends one again need not wait for that. */
export class KnownOperations {
  readonly #known = new LRUCache<string, KnownOperation>({
    max: MAX_KNOWN,
    maxSize: MAX_KEPT_WEIGHT,
    sizeCalculation: (_, key) => weightOf(key.length),
  })
  #graph: Graph | null = null
  #hints: ReadonlyMap<string, CacheHint> = new Map()

  /** Against another graph nothing is valid yet. */
  take(graph: Graph): void {
    this.#graph = graph
    this.#hints = cacheHints(graph.sdl)
    this.#known.clear()
  }

  find(text: OperationText): KnownOperation | undefined {
    const known = this.#known.get(keyOf(text))
    // Names are the client's: one that goes on with lines of another text would make that text's key.
    return known?.name === text.operationName ? known : undefined
  }

  /**
   * @param document of the text, valid against the schema and within the limits of size.
   * @returns null for an operation of another graph than the one in use, and where there is none of that name.
   */
  learn(text: OperationText, document: DocumentNode, schema: GraphQLSchema): KnownOperation | null {
    const known = this.find(text)
    const graph = this.#graph
    const definition = getOperationAST(document, text.operationName)
    if (known || !definition || graph?.schema !== schema) return known ?? null
    const key = keyOf(text)
    const operation: KnownOperation = {
      id: hash('sha256', `${graph.id}\n${key}`, 'base64url'),
      graph,
      document,
      definition,
      name: text.operationName,
      policy: this.#policyOf(graph, document, text.operationName),
    }
    if (text.query.length <= MAX_CHARACTERS) this.#known.set(key, operation)
    return operation
  }

  #policyOf(graph: Graph, document: DocumentNode, name: string | null): CachePolicy | null {
    const policy = cachePolicy(document, name, graph.schema, this.#hints)
    return policy === null || graph.isPublic(document) ? policy : { ...policy, scope: 'PRIVATE' }
  }
}

function keyOf({ query, operationName }: OperationText): string {
  return operationName === null ? query : `${operationName}\n${query}`
}
