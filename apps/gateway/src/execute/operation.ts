import type { PlanNode, SubscriptionNode } from '@apollo/query-planner'
import {
  type DocumentNode,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import type { Graph } from '../supergraph/graph.ts'
import { compileCoercion } from './coercion.ts'
import type { Variables } from './conditions.ts'
import { Fetch, type PrimaryFetch } from './fetches.ts'
import { compileResponse } from './response.ts'
import { type Conditions, conditionsOf, plannable, settled } from './settling.ts'
import type { ObjectShape } from './shape.ts'
import { compileStep, type Step } from './steps.ts'

/** Different answers to the conditions of one operation that are kept; others are planned each time. */
const MAX_VARIANTS = 16

/** An operation with its conditions answered. */
export interface Variant {
  /** Null where no subgraph is asked for anything, or only for what an event brings. */
  readonly plan: Step | null
  readonly response: ObjectShape
}

/** Everything that can be known of an operation before it runs. */
export class CompiledOperation {
  readonly definition: OperationDefinitionNode
  /** Of a subscription. */
  readonly primary: PrimaryFetch | null
  readonly #graph: Graph
  readonly #document: DocumentNode
  readonly #planned: DocumentNode | null
  readonly #operationName: string | null
  readonly #conditions: Conditions
  readonly #coercePlain: ReturnType<typeof compileCoercion>
  /** By the answers to the conditions, oldest first. */
  readonly #variants = new Map<string, Variant>()

  /**
   * @param document what the answer looks like.
   * @param planned what is asked of the subgraphs: the document, or less; null for nothing. What is missing is null.
   * @throws GraphQLError where the document has no such operation.
   */
  constructor(graph: Graph, document: DocumentNode, operationName: string | null, planned: DocumentNode | null) {
    const definition = getOperationAST(document, operationName)
    if (!definition) throw new GraphQLError(missing(operationName))
    this.definition = definition
    this.#graph = graph
    this.#document = document
    this.#planned = planned
    this.#operationName = operationName
    this.#coercePlain = compileCoercion(definition, graph.schema)
    this.#conditions = conditionsOf(document)
    const isLive = definition.operation === OperationTypeNode.SUBSCRIPTION
    // What is subscribed to must be known before there are variables: its plan has the conditions in it.
    if (isLive) this.#conditions = { ...this.#conditions, any: false }
    const node = this.#conditions.any ? undefined : this.#plan(planned)
    this.primary =
      node?.kind === 'Subscription'
        ? { serviceName: node.primary.serviceName, fetch: new Fetch(node.primary, [], graph) }
        : null
    if (!this.#conditions.any) this.#variants.set('', this.#variant(document, node))
  }

  /** Coerces variables as graphql-js does. @returns what is wrong with them, or their values with defaults. */
  coerce(variables: Variables): { readonly errors: readonly GraphQLError[] } | { readonly coerced: Variables } {
    const { variableDefinitions: definitions } = this.definition
    if (!definitions || definitions.length === 0) return { coerced: {} }
    const plain = this.#coercePlain?.(variables)
    const { coerced, errors } = plain
      ? { coerced: plain, errors: undefined }
      : getVariableValues(this.#graph.schema, definitions, variables)
    if (errors) return { errors }
    const unclear = this.#conditions.variables.filter((name) => coerced[name] === null)
    if (unclear.length === 0) return { coerced }
    return {
      errors: unclear.map((name) => new GraphQLError(`Variable "$${name}" of type "Boolean" must not be null here.`)),
    }
  }

  /** Plans it as it is without variables, before anybody asks. */
  warm(): void {
    const values = this.coerce({})
    this.variant('coerced' in values ? values.coerced : {})
  }

  /** @param coerced the variables' values with defaults. */
  variant(coerced: Variables): Variant {
    const { any, variables } = this.#conditions
    const key = any ? variables.map((name) => (coerced[name] === true ? '1' : '0')).join('') : ''
    const known = this.#variants.get(key)
    if (known) return known
    const document = settled(this.#document, coerced)
    const planned = this.#planned === this.#document ? document : this.#planned && settled(this.#planned, coerced)
    const variant = this.#variant(document, this.#plan(planned && plannable(planned)))
    this.#variants.set(key, variant)
    if (this.#variants.size > MAX_VARIANTS) this.#variants.delete(this.#variants.keys().next().value ?? key)
    return variant
  }

  #variant(document: DocumentNode, node: PlanNode | SubscriptionNode | undefined): Variant {
    const rest = node?.kind === 'Subscription' ? node.rest : node
    return {
      plan: rest ? compileStep(rest, this.#graph) : null,
      response: compileResponse(
        this.#graph,
        document,
        getOperationAST(document, this.#operationName) ?? this.definition,
      ),
    }
  }

  #plan(document: DocumentNode | null): PlanNode | SubscriptionNode | undefined {
    return document ? this.#graph.plan(document, this.#operationName) : undefined
  }
}

function missing(operationName: string | null): string {
  return operationName === null ? 'Must provide an operation.' : `Unknown operation named "${operationName}".`
}
