import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  parse,
} from 'graphql'

/** How long the list is that a field gives, or those of its fields that it sizes. */
export interface ListSize {
  readonly assumed: number | null
  readonly slicingArguments: readonly string[]
  readonly sizedFields: readonly string[]
  readonly requiresOne: boolean
}

/**
 * `@cost` and `@listSize` of a supergraph (https://ibm.github.io/graphql-specs/cost-spec.html, as Apollo's
 * https://specs.apollo.dev/cost/v0.1 has them), by coordinate: `Market`, `Market.trades`, `Market.trades(first:)`, `Input.field`.
 */
export class Weights {
  readonly #weights = new Map<string, number>()
  readonly #sizes = new Map<string, ListSize>()

  constructor(supergraphSdl: string) {
    for (const definition of parse(supergraphSdl).definitions) {
      if (!isTypeDefinitionNode(definition)) continue
      const type = definition.name.value
      this.#weigh(type, definition.directives)
      for (const field of 'fields' in definition ? (definition.fields ?? []) : []) this.#field(type, field)
    }
  }

  /** Undefined where the schema says nothing. */
  of(coordinate: string): number | undefined {
    return this.#weights.get(coordinate)
  }

  sizeOf(coordinate: string): ListSize | undefined {
    return this.#sizes.get(coordinate)
  }

  #field(type: string, field: FieldDefinitionNode | InputValueDefinitionNode): void {
    const coordinate = `${type}.${field.name.value}`
    this.#weigh(coordinate, field.directives)
    const listSize = field.directives?.find(({ name }) => name.value === 'listSize')
    if (listSize) this.#sizes.set(coordinate, sizeOf(listSize))
    if (field.kind !== Kind.FIELD_DEFINITION) return
    for (const argument of field.arguments ?? []) {
      this.#weigh(`${coordinate}(${argument.name.value}:)`, argument.directives)
    }
  }

  #weigh(coordinate: string, directives: readonly ConstDirectiveNode[] | undefined): void {
    const cost = directives?.find(({ name }) => name.value === 'cost')
    if (cost) this.#weights.set(coordinate, integerOf(argument(cost, 'weight')) ?? 1)
  }
}

function sizeOf(directive: ConstDirectiveNode): ListSize {
  const requires = argument(directive, 'requireOneSlicingArgument')
  return {
    assumed: integerOf(argument(directive, 'assumedSize')),
    slicingArguments: namesOf(argument(directive, 'slicingArguments')),
    sizedFields: namesOf(argument(directive, 'sizedFields')),
    requiresOne: !(requires?.kind === Kind.BOOLEAN && !requires.value),
  }
}

function argument(directive: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return directive.arguments?.find((given) => given.name.value === name)?.value
}

function integerOf(value: ConstValueNode | undefined): number | null {
  return value?.kind === Kind.INT ? Number(value.value) : null
}

function namesOf(value: ConstValueNode | undefined): string[] {
  return value?.kind === Kind.LIST
    ? value.values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []))
    : []
}
