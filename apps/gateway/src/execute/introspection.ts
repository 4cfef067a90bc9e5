import {
  type DefinitionNode,
  type DocumentNode,
  executeSync,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import type { Variables } from './conditions.ts'

/** Answers `__schema` and `__type` from the schema that clients see. */
export class Introspection {
  readonly #schema: GraphQLSchema
  readonly #document: DocumentNode
  readonly #key: string
  readonly #isConstant: boolean
  #answer: unknown

  /** @param nodes all that a document asks under the one response key. */
  constructor(
    schema: GraphQLSchema,
    key: string,
    nodes: readonly FieldNode[],
    operation: OperationDefinitionNode,
    fragments: Iterable<FragmentDefinitionNode>,
  ) {
    const { variableDefinitions } = operation
    const query: DefinitionNode = {
      kind: Kind.OPERATION_DEFINITION,
      operation: OperationTypeNode.QUERY,
      ...(variableDefinitions ? { variableDefinitions } : {}),
      selectionSet: { kind: Kind.SELECTION_SET, selections: nodes },
    }
    this.#schema = schema
    this.#key = key
    this.#document = { kind: Kind.DOCUMENT, definitions: [query, ...fragments] }
    this.#isConstant = (variableDefinitions ?? []).length === 0
  }

  /** @param variables as the client sent them. */
  answer(variables: Variables): unknown {
    if (this.#isConstant) this.#answer ??= this.#execute({})
    return this.#isConstant ? this.#answer : this.#execute(variables)
  }

  #execute(variables: Variables): unknown {
    const { data, errors } = executeSync({ schema: this.#schema, document: this.#document, variableValues: variables })
    if (errors?.[0]) throw errors[0]
    return data?.[this.#key] ?? null
  }
}
