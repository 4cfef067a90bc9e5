import { operationFromDocument } from '@apollo/federation-internals'
import type { PlanNode, SubscriptionNode } from '@apollo/query-planner'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import type { Graph } from '../supergraph/graph.ts'
import type { Variables } from './conditions.ts'
import { Fetch, type PrimaryFetch } from './fetches.ts'
import type { TypeNames } from './possible-types.ts'
import { compileResponse } from './response.ts'
import type { ObjectShape } from './shape.ts'
import { compileStep, type Step } from './steps.ts'

/** Everything that can be known of an operation before it runs. */
export class CompiledOperation {
  readonly schema: GraphQLSchema
  readonly definition: OperationDefinitionNode
  /** Null where the plan asks no subgraph for anything, or only for what an event brings. */
  readonly plan: Step | null
  /** Of a subscription. */
  readonly primary: PrimaryFetch | null
  readonly response: ObjectShape
  /** Variables that `@skip` and `@include` ask. */
  readonly #conditions: readonly string[]

  /**
   * @param document what the answer looks like.
   * @param planned what is asked of the subgraphs: the document, or less; null for nothing. What is missing is null.
   * @throws GraphQLError where the document has no such operation.
   */
  constructor(
    graph: Graph,
    document: DocumentNode,
    operationName: string | null,
    planned: DocumentNode | null,
    typesOf: (condition: string) => TypeNames,
  ) {
    const definition = getOperationAST(document, operationName)
    if (!definition) throw new GraphQLError(missing(operationName))
    this.schema = graph.schema
    this.definition = definition
    this.response = compileResponse(graph.schema, document, definition)
    this.#conditions = conditionsOf(document)
    const node = planned ? planOf(graph, planned, operationName) : undefined
    const rest = node?.kind === 'Subscription' ? node.rest : node
    this.plan = rest ? compileStep(rest, typesOf) : null
    this.primary =
      node?.kind === 'Subscription'
        ? { serviceName: node.primary.serviceName, fetch: new Fetch(node.primary, [], typesOf) }
        : null
  }

  /** Coerces variables as graphql-js does. @returns what is wrong with them, or their values with defaults. */
  coerce(variables: Variables): { readonly errors: readonly GraphQLError[] } | { readonly coerced: Variables } {
    const { variableDefinitions: definitions } = this.definition
    if (!definitions || definitions.length === 0) return { coerced: {} }
    const { coerced, errors } = getVariableValues(this.schema, definitions, variables)
    if (errors) return { errors }
    const unclear = this.#conditions.filter((name) => Object.hasOwn(coerced, name) && coerced[name] === null)
    return unclear.length > 0
      ? {
          errors: unclear.map(
            (name) => new GraphQLError(`Variable "$${name}" of type "Boolean" must not be null here.`),
          ),
        }
      : { coerced }
  }
}

function planOf(
  graph: Graph,
  document: DocumentNode,
  operationName: string | null,
): PlanNode | SubscriptionNode | undefined {
  const operation = operationFromDocument(graph.apiSchema, document, operationName === null ? {} : { operationName })
  return graph.planner.buildQueryPlan(operation).node
}

function missing(operationName: string | null): string {
  return operationName === null ? 'Must provide an operation.' : `Unknown operation named "${operationName}".`
}

function conditionsOf(document: DocumentNode): string[] {
  const variables = new Set<string>()
  visit(document, {
    Directive: ({ name, arguments: given }) => {
      const value = given?.[0]?.value
      if ((name.value === 'skip' || name.value === 'include') && value?.kind === Kind.VARIABLE) {
        variables.add(value.name.value)
      }
    },
  })
  return [...variables]
}
