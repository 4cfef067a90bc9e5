import { type GraphQLSchema, isEnumType, Kind, type OperationDefinitionNode, type TypeNode } from 'graphql'
import type { Variables } from './conditions.ts'
import { isInherited } from './plain.ts'

/** What graphql-js takes for a value of each scalar as it is; an ID given as a number, and whatever does not fit, is left to it. */
const AS_THEY_ARE: Readonly<Record<string, (value: unknown) => boolean>> = {
  Int: (value) => Number.isInteger(value) && value === (Number(value) | 0),
  Float: (value) => Number.isFinite(value),
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  ID: (value) => typeof value === 'string',
}

interface Plainly {
  readonly name: string
  readonly isRequired: boolean
  readonly hasDefault: boolean
  readonly fits: (value: unknown) => boolean
}

/**
 * Coerces variables that need no change, as nearly all do.
 * @returns a function that gives null where graphql-js must look; null where it always must: for lists, inputs and scalars of our own.
 */
export function compileCoercion(
  { variableDefinitions = [] }: OperationDefinitionNode,
  schema: GraphQLSchema,
): ((variables: Variables) => Record<string, unknown> | null) | null {
  const plain: Plainly[] = []
  for (const { variable, type, defaultValue } of variableDefinitions) {
    const name = variable.name.value
    const fits = fitOf(type.kind === Kind.NON_NULL_TYPE ? type.type : type, schema)
    if (!fits || isInherited(name)) return null
    plain.push({ name, fits, isRequired: type.kind === Kind.NON_NULL_TYPE, hasDefault: defaultValue !== undefined })
  }
  return (variables) => {
    const coerced: Record<string, unknown> = {}
    for (const { name, fits, isRequired, hasDefault } of plain) {
      const value = variables[name]
      if (value === undefined) {
        if (isRequired || hasDefault || Object.hasOwn(variables, name)) return null
      } else if (value === null ? isRequired : !fits(value)) return null
      else coerced[name] = value
    }
    return coerced
  }
}

function fitOf(node: TypeNode, schema: GraphQLSchema): ((value: unknown) => boolean) | undefined {
  if (node.kind !== Kind.NAMED_TYPE) return undefined
  const name = node.name.value
  const type = schema.getType(name)
  if (!isEnumType(type)) return type && AS_THEY_ARE[name]
  const names = new Set(type.getValues().flatMap(({ name, value }) => (name === value ? [name] : [])))
  return (value) => typeof value === 'string' && names.has(value)
}
