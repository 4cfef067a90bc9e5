import { hash } from 'node:crypto'
import { type DocumentNode, type GraphQLSchema, getOperationAST, type OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type CacheHint, cacheHints } from '../cache/hints.ts'
import { type CachePolicy, cachePolicy } from '../cache/policy.ts'
import { MAX_KEPT_WEIGHT, weightOf } from '../limits/operation.ts'
import type { Graph } from '../supergraph/graph.ts'

/** Different operations in use at once. */
const MAX_KNOWN = 2_000
/** Operations of one text in use at once; most texts have one, asked for with its name or without. */
const MAX_NAMES = 20
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
  /** By the text, and the name asked for: to make one key of both takes longer than to look twice. */
  readonly #known = new LRUCache<string, Map<string | null, KnownOperation>>({
    max: MAX_KNOWN,
    maxSize: MAX_KEPT_WEIGHT,
    sizeCalculation: (_, text) => weightOf(text.length),
  })
  #graph: Graph | null = null
  #hints: ReadonlyMap<string, CacheHint> = new Map()

  /** Against another graph nothing is valid yet. */
  take(graph: Graph): void {
    this.#graph = graph
    this.#hints = cacheHints(graph.sdl)
    this.#known.clear()
  }

  find({ query, operationName }: OperationText): KnownOperation | undefined {
    return this.#known.get(query)?.get(operationName)
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
    const { query, operationName } = text
    const operation: KnownOperation = {
      id: hash('sha256', JSON.stringify([graph.id, operationName, query]), 'base64url'),
      graph,
      document,
      definition,
      name: text.operationName,
      policy: this.#policyOf(graph, document, text.operationName),
    }
    if (query.length <= MAX_CHARACTERS) this.#keep(query, operation)
    return operation
  }

  #keep(text: string, operation: KnownOperation): void {
    const byName = this.#known.get(text)
    if (byName && byName.size < MAX_NAMES) byName.set(operation.name, operation)
    else this.#known.set(text, new Map([[operation.name, operation]]))
  }

  #policyOf(graph: Graph, document: DocumentNode, name: string | null): CachePolicy | null {
    const policy = cachePolicy(document, name, graph.schema, this.#hints)
    return policy === null || graph.isPublic(document) ? policy : { ...policy, scope: 'PRIVATE' }
  }
}
