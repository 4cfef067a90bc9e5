import { err, ok, type Result } from '@opsource/kernel'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { fault, withoutSuggestion } from '../errors.ts'
import type { PrimaryFetch } from '../execute/fetches.ts'
import type { CompiledOperation } from '../execute/operation.ts'
import { limits } from '../limits/limits.ts'
import { measure, parseOperation } from '../limits/operation.ts'
import type { Graph } from '../supergraph/graph.ts'
import { type StreamKind, streamKinds } from './kinds.ts'

/** Different subscriptions in use at once; a plan is some 10 kB and takes milliseconds to make again. */
const MAX_PLANS = 500
/** Longer texts are planned each time: kept, some of them would fill the memory with comments and blanks. */
const MAX_KEPT_CHARACTERS = 16_384

export interface SubscriptionPlan {
  readonly document: DocumentNode
  /** The whole: an event answers its own fetch, and then whatever joins it is asked for. */
  readonly operation: CompiledOperation
  readonly primary: PrimaryFetch
  readonly kind: StreamKind
  /** Whether its answer is the same for every caller. */
  readonly isPublic: boolean
  /** One for each place that the caller may not see. */
  readonly missing: readonly GraphQLError[]
}

/** What of a document its caller may have. */
export interface Part {
  /** Null for nothing of it. */
  readonly planned: DocumentNode | null
  /** What the answer looks like. */
  readonly document: DocumentNode
  readonly errors: readonly GraphQLError[]
}

/** A subscription that is valid, before it is known for whom it is. */
interface Checked {
  readonly name: string | null
  readonly document: DocumentNode
  readonly kind: StreamKind
  readonly isPublic: boolean
}

const NO_FIELD = fault('GRAPHQL_VALIDATION_FAILED', 'A subscription must ask for one field of the graph.')

/** Plans subscriptions against one supergraph: once per text and operation name. */
export class SubscriptionPlans {
  readonly graph: Graph
  readonly #kinds: ReadonlyMap<string, StreamKind>
  readonly #checked = new LRUCache<string, Checked>({ max: MAX_PLANS })
  readonly #told: (message: string) => string

  /**
   * @param suggests whether what is wrong with an operation may be told with names of the schema that it does not have itself.
   * @throws Error where a subscription field does not declare its kind.
   */
  constructor(graph: Graph, suggests = true) {
    this.graph = graph
    this.#told = suggests ? (message) => message : withoutSuggestion
    this.#kinds = streamKinds(graph.schema)
  }

  get schema(): GraphQLSchema {
    return this.graph.schema
  }

  /** @param partOf what of the document its caller may have: only that is planned. */
  plan(
    text: string,
    operationName: string | null,
    partOf: (document: DocumentNode) => Part = whole,
  ): Result<SubscriptionPlan, readonly GraphQLError[]> {
    const checked = this.#check(text, operationName)
    if (!checked.ok) return checked
    const { document, kind, isPublic } = checked.value
    const part = partOf(document)
    if (part.planned === null) return err(part.errors)
    const operation = this.graph.compile(part.document, operationName, part.planned)
    const { primary } = operation
    if (!primary) return err([NO_FIELD])
    const isWhole = part.planned === document
    return ok({ document, operation, primary, kind, isPublic: isPublic && isWhole, missing: part.errors })
  }

  /** @returns what is wrong with the variables of a planned subscription. */
  variableFaults(plan: SubscriptionPlan, variables: Readonly<Record<string, unknown>>): readonly GraphQLError[] {
    const values = plan.operation.coerce(variables)
    return 'errors' in values ? values.errors.map(({ message }) => fault('BAD_USER_INPUT', this.#told(message))) : []
  }

  #check(text: string, operationName: string | null): Result<Checked, readonly GraphQLError[]> {
    const key = `${operationName ?? ''}\n${text}`
    const known = this.#checked.get(key)
    // Names are the client's: one that goes on with lines of another text would make that text's key.
    if (known && known.name === operationName) return ok(known)
    const checked = this.#examine(text, operationName)
    if (checked.ok && text.length <= MAX_KEPT_CHARACTERS) this.#checked.set(key, checked.value)
    return checked
  }

  #examine(text: string, operationName: string | null): Result<Checked, readonly GraphQLError[]> {
    const parsed = parseOperation(text)
    if (!parsed.ok) return err([parsed.error])
    const document = parsed.value
    const tooLarge = measure(document)
    if (tooLarge) return err([tooLarge])
    const operation = getOperationAST(document, operationName)
    if (!operation) return err([fault('BAD_USER_INPUT', 'The operation to run is not named, or not there.')])
    const invalid = conditionalRoot(operation) ?? validationFaults(this.schema, document, this.#told)
    if (invalid.length > 0) return err(invalid)
    const field = rootField(document, operation)
    const kind = field === null ? undefined : this.#kinds.get(field)
    return kind === undefined
      ? err([NO_FIELD])
      : ok({ name: operationName, document, kind, isPublic: this.graph.isPublic(document) })
  }
}

function whole(document: DocumentNode): Part {
  return { planned: document, document, errors: [] }
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

function validationFaults(
  schema: GraphQLSchema,
  document: DocumentNode,
  told: (message: string) => string,
): GraphQLError[] {
  const invalid = ({ message, nodes }: GraphQLError) =>
    new GraphQLError(told(message), { nodes: nodes ?? null, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })
  try {
    return validate(schema, document, undefined, { maxErrors: limits.validationErrors }).map(invalid)
  } catch (error) {
    // graphql-js 16 throws from SingleFieldSubscriptionsRule where a root fragment is conditional on a variable.
    if (error instanceof GraphQLError) return [invalid(error)]
    throw error
  }
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
