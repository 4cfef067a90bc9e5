import { type DirectiveNode, Kind, type OperationDefinitionNode, type SelectionNode, type ValueNode } from 'graphql'

/** Variables as they came with the request. */
export type Variables = Readonly<Record<string, unknown>>

/** Whether `@skip` and `@include` let a field into the answer. */
export function applies(
  conditions: readonly DirectiveNode[],
  operation: OperationDefinitionNode,
  variables: Variables,
) {
  return conditions.every(({ name, arguments: given }) => {
    const value = given?.find((argument) => argument.name.value === 'if')?.value
    const isOn = booleanOf(value, operation, variables)
    return name.value === 'skip' ? !isOn : isOn
  })
}

function booleanOf(value: ValueNode | undefined, operation: OperationDefinitionNode, variables: Variables): boolean {
  if (value?.kind === Kind.BOOLEAN) return value.value
  if (value?.kind !== Kind.VARIABLE) return false
  const name = value.name.value
  if (variables[name] !== undefined) return variables[name] === true
  const definition = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)
  return definition?.defaultValue?.kind === Kind.BOOLEAN && definition.defaultValue.value
}

export function conditionsOf({ directives }: SelectionNode): readonly DirectiveNode[] {
  return (directives ?? []).filter(({ name }) => name.value === 'skip' || name.value === 'include')
}
