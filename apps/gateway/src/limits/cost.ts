import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isCompositeType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql'
import { applies, conditionsOf, type Variables } from '../authorize/conditions.ts'
import { fault } from '../errors.ts'
import { isPlain, own } from '../execute/plain.ts'
import { argumentCost, jsonOf } from './argument-cost.ts'
import { type ListSize, Weights } from './weights.ts'

/** A list of which the schema says nothing. */
export const ASSUMED_LIST_SIZE = 10
/** Each field of a mutation changes something, which costs more than to read it. */
export const MUTATION_COST = 10

/** A part of an operation, ready to be added up. */
interface Part {
  readonly cost: (variables: Variables) => number
  /** Whether it is the same for all variables. */
  readonly isConstant: boolean
  /**
   * The same with lists as long as they are; null where there are none.
   * @param within the object of the answer that it is a part of, or what stands in its place.
   */
  readonly actual: ((variables: Variables, within: unknown) => number) | null
}

/**
 * Estimates what an operation costs before it runs: an object 1, a scalar nothing, a list as many times as it is long, and whatever
 * `@cost` says instead (IBM's cost specification, counted as Apollo's Router does).
 */
export class CostModel {
  readonly #schema: GraphQLSchema
  readonly #weights: Weights
  readonly #compiled = new WeakMap<DocumentNode, Map<string, Part>>()

  /** @param schema what clients see of the same supergraph. */
  constructor(supergraphSdl: string, schema: GraphQLSchema) {
    this.#schema = schema
    this.#weights = new Weights(supergraphSdl)
  }

  /** @param document validated, and within the limits of size: fragments are written out. */
  estimate(document: DocumentNode, operationName: string | null, variables: Variables): number {
    return this.#partOf(document, operationName).cost(variables)
  }

  /** What it did cost: the estimate, but with every list as long as it is in the answer. What is null counts as if it were there. */
  actual(document: DocumentNode, operationName: string | null, variables: Variables, data: unknown): number {
    const part = this.#partOf(document, operationName)
    return part.actual ? part.actual(variables, data) : part.cost(variables)
  }

  #partOf(document: DocumentNode, operationName: string | null): Part {
    const byName = this.#compiled.get(document) ?? new Map<string, Part>()
    const part = byName.get(operationName ?? '') ?? this.#compile(document, operationName)
    this.#compiled.set(document, byName.set(operationName ?? '', part))
    return part
  }

  #compile(document: DocumentNode, operationName: string | null): Part {
    const operation = getOperationAST(document, operationName)
    const root = operation && this.#schema.getRootType(operation.operation)
    if (!operation || !root) return constant(0)
    const fragments = new Map<string, FragmentDefinitionNode>()
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
    }
    return new Compiler(this.#schema, this.#weights, operation, fragments).root(operation.selectionSet, root)
  }
}

class Compiler {
  readonly #schema: GraphQLSchema
  readonly #weights: Weights
  readonly #operation: OperationDefinitionNode
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>

  constructor(
    schema: GraphQLSchema,
    weights: Weights,
    operation: OperationDefinitionNode,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  ) {
    this.#schema = schema
    this.#weights = weights
    this.#operation = operation
    this.#fragments = fragments
  }

  root(set: SelectionSetNode, type: GraphQLCompositeType): Part {
    return this.#set(set, type, null, this.#operation.operation === OperationTypeNode.MUTATION ? MUTATION_COST : 0)
  }

  /** @param sized what the field above says of the length of its fields' lists. */
  #set(set: SelectionSetNode | undefined, type: GraphQLCompositeType, sized: Sized | null, each = 0): Part {
    const parts = (set?.selections ?? []).map((selection): Part => {
      const conditions = conditionsOf(selection)
      const part = (): Part => {
        if (selection.kind === Kind.FIELD) return plus(this.#field(selection, type, sized), each)
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)
        const name = fragment?.typeCondition?.name.value ?? type.name
        const target = this.#schema.getType(name)
        return isCompositeType(target) ? this.#set(fragment?.selectionSet, target, sized, each) : constant(0)
      }
      if (conditions.length === 0) return part()
      const { cost, actual } = part()
      const applied = (variables: Variables) => applies(conditions, this.#operation, variables)
      return {
        cost: (variables) => (applied(variables) ? cost(variables) : 0),
        isConstant: false,
        actual: actual && ((variables, within) => (applied(variables) ? actual(variables, within) : 0)),
      }
    })
    return sumOf(parts)
  }

  #field(node: FieldNode, parent: GraphQLCompositeType, sized: Sized | null): Part {
    const name = node.name.value
    const field = 'getFields' in parent ? parent.getFields()[name] : undefined
    // Introspection is bounded by `measure`: it costs no subgraph anything.
    if (!field) return constant(0)
    const coordinate = `${parent.name}.${name}`
    const result = getNamedType(field.type)
    const weight = this.#weights.of(coordinate) ?? this.#weights.of(result.name) ?? (isCompositeType(result) ? 1 : 0)
    const size = this.#weights.sizeOf(coordinate)
    const length = size ? this.#lengthOf(node, field, size) : null
    const inner = isCompositeType(result)
      ? this.#set(node.selectionSet, result, size && length ? { fields: size.sizedFields, length } : null)
      : constant(0)
    const times = isListType(getNullableType(field.type)) ? timesOf(name, sized, size, length) : null
    const given = this.#arguments(node, field, coordinate)
    const key = node.alias?.value ?? name
    return {
      cost: (variables) => (times ? times(variables) : 1) * (weight + inner.cost(variables)) + given.cost(variables),
      isConstant: times === null && inner.isConstant && given.isConstant,
      actual:
        times || inner.actual
          ? (variables, within) =>
              costOf(valueAt(within, key), times !== null, weight, inner, variables) + given.cost(variables)
          : null,
    }
  }

  #arguments(node: FieldNode, field: GraphQLField<unknown, unknown>, coordinate: string): Part {
    const given = (node.arguments ?? []).map(({ name, value }): Part => {
      const definition = field.args.find((known) => known.name === name.value)
      if (!definition) return constant(0)
      const weight = this.#weights.of(`${coordinate}(${name.value}:)`)
      const cost = (variables: Variables) =>
        argumentCost(definition.type, jsonOf(value, this.#operation, variables), this.#weights, weight)
      return value.kind === Kind.VARIABLE ? { cost, isConstant: false, actual: null } : constant(cost({}))
    })
    return sumOf(given)
  }

  /** The largest of the slicing arguments; where none is given, what is assumed. */
  #lengthOf(node: FieldNode, field: GraphQLField<unknown, unknown>, size: ListSize): Length {
    return (variables) => {
      const givenOf = (name: string) => {
        const given = node.arguments?.find((argument) => argument.name.value === name)?.value
        return given && jsonOf(given, this.#operation, variables)
      }
      const given = size.slicingArguments.filter((name) => typeof givenOf(name) === 'number')
      if (size.requiresOne && size.slicingArguments.length > 0 && given.length !== 1)
        throw fault('BAD_USER_INPUT', `${field.name} needs exactly one of ${size.slicingArguments.join(', ')}.`)
      const lengths = size.slicingArguments.flatMap((name) => {
        const value = givenOf(name)
        const asked = value === undefined ? field.args.find((known) => known.name === name)?.defaultValue : value
        return typeof asked === 'number' ? [Math.max(0, asked)] : []
      })
      return lengths.length > 0 ? Math.max(...lengths) : (size.assumed ?? ASSUMED_LIST_SIZE)
    }
  }
}

type Length = (variables: Variables) => number
interface Sized {
  readonly fields: readonly string[]
  readonly length: Length
}

function timesOf(name: string, sized: Sized | null, size: ListSize | undefined, length: Length | null): Length {
  if (sized?.fields.includes(name)) return sized.length
  return size && size.sizedFields.length === 0 && length ? length : () => ASSUMED_LIST_SIZE
}

/** Of one value of an answer, or of each element where it is a list. */
function costOf(value: unknown, isList: boolean, weight: number, inner: Part, variables: Variables): number {
  const { actual } = inner
  if (!isList) return weight + (actual ? actual(variables, value) : inner.cost(variables))
  if (!Array.isArray(value)) return 0
  if (actual === null && !value.some(Array.isArray)) return value.length * (weight + inner.cost(variables))
  return value.reduce((sum: number, each) => sum + costOf(each, Array.isArray(each), weight, inner, variables), 0)
}

function valueAt(within: unknown, key: string): unknown {
  return isPlain(within) ? own(within, key) : undefined
}

function constant(cost: number): Part {
  return { cost: () => cost, isConstant: true, actual: null }
}

function plus({ cost, isConstant, actual }: Part, more: number): Part {
  if (more === 0) return { cost, isConstant, actual }
  return {
    cost: (variables) => cost(variables) + more,
    isConstant,
    actual: actual && ((variables, within) => actual(variables, within) + more),
  }
}

function sumOf(parts: readonly Part[]): Part {
  const fixed = parts.reduce((sum, part) => (part.isConstant ? sum + part.cost({}) : sum), 0)
  const varying = parts.filter((part) => !part.isConstant)
  if (varying.length === 0) return constant(fixed)
  const actualOf = ({ actual, cost }: Part, variables: Variables, within: unknown) =>
    actual ? actual(variables, within) : cost(variables)
  return {
    cost: (variables) => varying.reduce((sum, part) => sum + part.cost(variables), fixed),
    isConstant: false,
    actual: varying.some(({ actual }) => actual !== null)
      ? (variables, within) => varying.reduce((sum, part) => sum + actualOf(part, variables, within), fixed)
      : null,
  }
}
