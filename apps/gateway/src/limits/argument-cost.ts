import {
  type GraphQLInputType,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql'
import type { Variables } from '../authorize/conditions.ts'
import type { Weights } from './weights.ts'

/** A value as JSON, with variables put in. Undefined where a variable is not given and has no default. */
export function jsonOf(value: ValueNode, operation: OperationDefinitionNode, variables: Variables): unknown {
  switch (value.kind) {
    case Kind.VARIABLE: {
      const name = value.name.value
      if (variables[name] !== undefined) return variables[name]
      const definition = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)
      return definition?.defaultValue && jsonOf(definition.defaultValue, operation, {})
    }
    case Kind.INT:
    case Kind.FLOAT:
      return Number(value.value)
    case Kind.NULL:
      return null
    case Kind.LIST:
      return value.values.map((each) => jsonOf(each, operation, variables))
    case Kind.OBJECT:
      return Object.fromEntries(
        value.fields.map(({ name, value }) => [name.value, jsonOf(value, operation, variables)]),
      )
    default:
      return value.value
  }
}

/** An input object costs 1 and what is in it, a list what its elements do, anything else nothing. `weight` stands for the 1. */
export function argumentCost(type: GraphQLInputType, value: unknown, weights: Weights, weight?: number): number {
  const inner = getNullableType(type)
  if (value === undefined || value === null) return 0
  if (isListType(inner)) {
    const elements: readonly unknown[] = Array.isArray(value) ? value : [value]
    return elements.reduce<number>((sum, each) => sum + argumentCost(inner.ofType, each, weights, weight), 0)
  }
  if (!isInputObjectType(inner)) return weight ?? weights.of(inner.name) ?? 0
  const fields = typeof value === 'object' ? Object.entries(value) : []
  return fields.reduce(
    (sum, [name, each]) => {
      const field = inner.getFields()[name]
      return field ? sum + argumentCost(field.type, each, weights, weights.of(`${inner.name}.${name}`)) : sum
    },
    weight ?? weights.of(inner.name) ?? 1,
  )
}
