import { operationFromDocument, type Schema, Supergraph } from '@apollo/federation-internals'
import { buildOperationContext } from '@apollo/gateway'
import { type FetchNode, type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { err, ok, type Result } from '@opsource/kernel'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  validate,
} from 'graphql'
import { fault } from '../errors.ts'
import { measure, parseOperation } from '../limits/operation.ts'
import { type StreamKind, streamKinds } from './kinds.ts'
import { guardedCoordinates, isPublic } from './visibility.ts'

/** Different subscriptions in use at once; a plan is some 10 kB and takes milliseconds to make again. */
const MAX_PLANS = 500
/** Longer texts are planned each time: kept, some of them would fill the memory with comments and blanks. */
const MAX_KEPT_CHARACTERS = 16_384

type OperationContext = ReturnType<typeof buildOperationContext>

export interface SubscriptionPlan {
  readonly document: DocumentNode
  /** The subscription's own fetch, answered by each event, and then whatever joins it. */
  readonly queryPlan: QueryPlan
  readonly primary: FetchNode
  readonly operationContext: OperationContext
  readonly kind: StreamKind
  /** Whether its answer is the same for every caller. */
  readonly isPublic: boolean
}

/** Plans subscriptions against one supergraph: once per text and operation name. */
export class SubscriptionPlans {
  readonly schema: GraphQLSchema
  readonly apiSchema: Schema
  readonly supergraphSchema: GraphQLSchema
  readonly #planner: QueryPlanner
  readonly #kinds: ReadonlyMap<string, StreamKind>
  readonly #guarded: ReadonlySet<string>
  readonly #plans = new Map<string, SubscriptionPlan>()

  /** @throws Error where a subscription field does not declare its kind. */
  constructor(supergraphSdl: string) {
    const supergraph = Supergraph.build(supergraphSdl)
    this.apiSchema = supergraph.apiSchema()
    this.schema = this.apiSchema.toGraphQLJSSchema()
    this.supergraphSchema = supergraph.schema.toGraphQLJSSchema()
    this.#planner = new QueryPlanner(supergraph)
    this.#kinds = streamKinds(this.schema)
    this.#guarded = guardedCoordinates(supergraphSdl)
  }

  plan(text: string, operationName: string | null): Result<SubscriptionPlan, readonly GraphQLError[]> {
    const key = `${operationName ?? ''}\n${text}`
    const known = this.#plans.get(key)
    this.#plans.delete(key)
    if (known) {
      this.#plans.set(key, known)
      return ok(known)
    }
    const planned = this.#make(text, operationName)
    if (!planned.ok || text.length > MAX_KEPT_CHARACTERS) return planned
    this.#plans.set(key, planned.value)
    if (this.#plans.size > MAX_PLANS) this.#plans.delete(this.#plans.keys().next().value ?? key)
    return planned
  }

  /** @returns what is wrong with the variables of a planned subscription. */
  variableFaults(plan: SubscriptionPlan, variables: Readonly<Record<string, unknown>>): readonly GraphQLError[] {
    const definitions = plan.operationContext.operation.variableDefinitions ?? []
    const { errors } = getVariableValues(this.schema, definitions, variables)
    return (errors ?? []).map((error) => fault('BAD_USER_INPUT', error.message))
  }

  #make(text: string, operationName: string | null): Result<SubscriptionPlan, readonly GraphQLError[]> {
    const parsed = parseOperation(text)
    if (!parsed.ok) return err([parsed.error])
    const document = parsed.value
    const tooLarge = measure(document)
    if (tooLarge) return err([tooLarge])
    const operation = getOperationAST(document, operationName)
    if (!operation) return err([fault('BAD_USER_INPUT', 'The operation to run is not named, or not there.')])
    const invalid = conditionalRoot(operation) ?? validationFaults(this.schema, document)
    if (invalid.length > 0) return err(invalid)
    const operationContext = buildOperationContext({
      schema: this.schema,
      operationDocument: document,
      ...(operationName ? { operationName } : {}),
    })
    const { node } = this.#planner.buildQueryPlan(
      operationFromDocument(this.apiSchema, document, operationName ? { operationName } : {}),
    )
    const field = rootField(document, operation)
    const kind = field === null ? undefined : this.#kinds.get(field)
    if (node?.kind !== 'Subscription' || kind === undefined) {
      return err([fault('GRAPHQL_VALIDATION_FAILED', 'A subscription must ask for one field of the graph.')])
    }
    const { primary, rest } = node
    return ok({
      document,
      queryPlan: { kind: 'QueryPlan', node: rest ? { kind: 'Sequence', nodes: [primary, rest] } : primary },
      primary,
      operationContext,
      kind,
      isPublic: isPublic(document, this.schema, this.#guarded),
    })
  }
}

/** The planner and graphql-js both throw on a subscription that a variable may leave without a root field. */
function conditionalRoot(operation: OperationDefinitionNode): GraphQLError[] | null {
  const conditional = operation.selectionSet.selections.some((selection) =>
    selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'),
  )
  return conditional
    ? [fault('GRAPHQL_VALIDATION_FAILED', '@skip and @include are not allowed at the root of a subscription.')]
    : null
}

function validationFaults(schema: GraphQLSchema, document: DocumentNode): GraphQLError[] {
  try {
    return validate(schema, document).map(invalid)
  } catch (error) {
    // graphql-js 16 throws from SingleFieldSubscriptionsRule where a root fragment is conditional on a variable.
    if (error instanceof GraphQLError) return [invalid(error)]
    throw error
  }
}

function invalid(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  })
}

function rootField(document: DocumentNode, operation: OperationDefinitionNode): string | null {
  let [selection] = operation.selectionSet.selections
  while (selection && selection.kind !== Kind.FIELD) {
    const name = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : null
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    )
    const set =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection.selectionSet
        : fragment?.kind === Kind.FRAGMENT_DEFINITION
          ? fragment.selectionSet
          : null
    selection = set?.selections[0]
  }
  return selection?.name.value ?? null
}
