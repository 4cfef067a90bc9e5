import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
} from 'graphql'
import type { Aliases } from './aliases.ts'
import { Introspection } from './introspection.ts'
import { type Fragments, fieldsOf, type Occurrence, type SelectedField } from './selection.ts'
import {
  CompositeShape,
  type FieldShape,
  LeafShape,
  ListShape,
  NonNullShape,
  ObjectShape,
  type Shape,
} from './shape.ts'

/** What clients see of a graph, and how the subgraphs are told of it. */
export interface ClientSchema {
  readonly schema: GraphQLSchema
  readonly aliases: Aliases
}

/** Compiles what an operation's answer looks like, from the document and the schema that clients see. */
export function compileResponse(
  { schema, aliases }: ClientSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ObjectShape {
  const root = schema.getRootType(operation.operation)
  if (!root) throw new Error(`The graph has no ${operation.operation}`)
  return new ResponseCompiler({ schema, aliases }, document, operation).object(root, [
    { selectionSet: operation.selectionSet, condition: [] },
  ])
}

class ResponseCompiler {
  readonly #schema: GraphQLSchema
  readonly #aliases: Aliases
  readonly #operation: OperationDefinitionNode
  readonly #fragments: Fragments

  constructor({ schema, aliases }: ClientSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema
    this.#aliases = aliases
    this.#operation = operation
    this.#fragments = new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
      ),
    )
  }

  object(type: GraphQLNamedType, occurrences: readonly Occurrence[]): ObjectShape {
    const fields = fieldsOf(this.#schema, type, occurrences, this.#fragments)
    return new ObjectShape(fields.flatMap((field) => this.#field(type, field) ?? []))
  }

  #field(type: GraphQLNamedType, field: SelectedField): FieldShape | null {
    const { key, name, alternatives, occurrences } = field
    const innerKey = this.#aliases.inner(key, name)
    if (name === '__typename') return { key, innerKey, alternatives, shape: typenameOf(type) }
    if (type === this.#schema.getQueryType() && (name === '__schema' || name === '__type')) {
      return { key, innerKey, alternatives, shape: this.#introspection(field) }
    }
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
    if (!definition) return null
    // Where an object is reached at all, so are the selections that always count there.
    const inner = alternatives === null || alternatives.length > 1 ? occurrences : occurrences.map(unconditional)
    const shape = this.#value(definition.type, inner, type.name)
    return { key, innerKey, alternatives, shape }
  }

  #introspection({ key, nodes }: SelectedField): Shape {
    const introspection = new Introspection(this.#schema, key, nodes, this.#operation, this.#fragments.values())
    return { complete: (_, { given }) => introspection.answer(given) }
  }

  #value(type: GraphQLOutputType, occurrences: readonly Occurrence[], owner: string): Shape {
    if (isNonNullType(type)) {
      return new NonNullShape(this.#value(type.ofType, occurrences, owner), owner, String(type.ofType))
    }
    if (isListType(type)) return new ListShape(this.#value(type.ofType, occurrences, owner), owner, String(type.ofType))
    if (isLeafType(type)) return new LeafShape(type, owner)
    if (!isCompositeType(type)) throw new Error(`${owner} has a field of no known kind of type`)
    return new CompositeShape(this.#schema, type, owner, (runtime) => this.object(runtime, occurrences))
  }
}

function unconditional({ selectionSet }: Occurrence): Occurrence {
  return { selectionSet, condition: [] }
}

/** An object of which only an interface is known has no name that a client may see. */
function typenameOf(type: GraphQLNamedType): Shape {
  if (isObjectType(type)) return { complete: () => type.name }
  return new NonNullShape({ complete: () => null }, type.name, 'String')
}
