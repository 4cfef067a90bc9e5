import { createHash } from 'node:crypto'
import { operationFromDocument, type Schema, Supergraph } from '@apollo/federation-internals'
import { type PlanNode, QueryPlanner, type SubscriptionNode } from '@apollo/query-planner'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import { RuleBook } from '../authorize/rule-book.ts'
import { Aliases } from '../execute/aliases.ts'
import { CompiledOperation } from '../execute/operation.ts'
import { PossibleTypes } from '../execute/possible-types.ts'
import { MAX_KEPT_WEIGHT, weightOf } from '../limits/operation.ts'
import { isPublic } from './visibility.ts'

/** Operations in use at once. A compiled one is some 50 kB with its plan, and takes milliseconds to make again. */
const MAX_OPERATIONS = 1_000

/** Everything that is derived from one supergraph. A change of the supergraph makes another. */
export class Graph {
  /** Of the SDL: equal supergraphs have equal ids, on every gateway. */
  readonly id: string
  readonly sdl: string
  /** What clients see. */
  readonly schema: GraphQLSchema
  /** The same, as Apollo's planner knows it. */
  readonly apiSchema: Schema
  /** With everything that clients do not see. */
  readonly supergraphSchema: GraphQLSchema
  readonly planner: QueryPlanner
  readonly possibleTypes: PossibleTypes
  readonly aliases: Aliases
  readonly #rules: RuleBook
  /** By the document that is planned. */
  readonly #operations = new LRUCache<DocumentNode, Operations>({
    max: MAX_OPERATIONS,
    maxSize: MAX_KEPT_WEIGHT,
    sizeCalculation: (_, document) => weightOf(document.loc?.end ?? 0),
  })

  /** @throws Error where this is no supergraph, or one that cannot be enforced here. */
  constructor(sdl: string) {
    const supergraph = Supergraph.build(sdl)
    this.id = createHash('sha256').update(sdl).digest('hex').slice(0, 32)
    this.sdl = sdl
    this.apiSchema = supergraph.apiSchema()
    this.schema = this.apiSchema.toGraphQLJSSchema()
    this.supergraphSchema = supergraph.schema.toGraphQLJSSchema()
    this.planner = new QueryPlanner(supergraph)
    this.possibleTypes = new PossibleTypes(this.supergraphSchema)
    this.aliases = new Aliases(this.supergraphSchema, sdl)
    this.#rules = new RuleBook(sdl, this.schema)
  }

  /**
   * Plans and compiles an operation of a valid document, once as long as it is in use.
   * @param planned what of the document may be asked of the subgraphs, the same object for the same part; null for nothing of it.
   * @throws GraphQLError where the document has no such operation.
   */
  compile(
    document: DocumentNode,
    operationName: string | null,
    planned: DocumentNode | null = document,
  ): CompiledOperation {
    const key = planned ?? document
    let kept = this.#operations.get(key)
    if (kept?.document !== document) {
      kept = { document, byName: new Map() }
      this.#operations.set(key, kept)
    }
    const name = `${planned ? 'some' : 'none'} ${operationName ?? ''}`
    const known = kept.byName.get(name)
    if (known) return known
    const compiled = new CompiledOperation(this, document, operationName, planned)
    kept.byName.set(name, compiled)
    return compiled
  }

  /** Whether nothing that a document asks for depends on the caller, so that all callers may share one answer. */
  isPublic(document: DocumentNode): boolean {
    return isPublic(document, this.schema, this.#rules)
  }

  /** Which subgraph is asked for what, in which order; undefined for nothing. */
  plan(document: DocumentNode, operationName: string | null): PlanNode | SubscriptionNode | undefined {
    const options = operationName === null ? {} : { operationName }
    const inner = this.aliases.withInner(document)
    return this.planner.buildQueryPlan(operationFromDocument(this.apiSchema, inner, options)).node
  }
}

interface Operations {
  readonly document: DocumentNode
  readonly byName: Map<string, CompiledOperation>
}
