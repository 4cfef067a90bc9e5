import { type FieldNode, Kind, parse, type SelectionSetNode } from 'graphql'

type Directives = readonly { readonly name: { value: string }; readonly arguments?: readonly unknown[] }[] | undefined

/** The texts that an argument of a directive has, for every time it is applied. */
export function texts(directives: Directives, directive: string, argument: string): string[] {
  return (directives ?? [])
    .filter(({ name }) => name.value === directive)
    .flatMap(({ arguments: given }) => JSON.parse(JSON.stringify(given ?? [])))
    .filter(({ name }) => name.value === argument)
    .map(({ value }) => value.value)
}

export function fieldSet(text: string): SelectionSetNode {
  const [definition] = parse(`{ ${text} }`).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`${text} is no set of fields`)
  return definition.selectionSet
}

export function fieldsOf({ selections }: SelectionSetNode): FieldNode[] {
  return selections.flatMap((selection) => (selection.kind === Kind.FIELD ? [selection] : []))
}

/** What of a representation a field is computed from, in the order in which the schema says it. */
export function sent(from: Readonly<Record<string, unknown>>, { selections }: SelectionSetNode): object {
  const entries = selections.flatMap((selection): [string, unknown][] => {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const name = selection.typeCondition?.name.value ?? from.__typename
      return name === from.__typename ? Object.entries(sent(from, selection.selectionSet)) : []
    }
    if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') return []
    const { name, selectionSet } = selection
    const below = (item: unknown): unknown => {
      if (!selectionSet || item === null || typeof item !== 'object') return item
      return Array.isArray(item) ? item.map(below) : sent(Object.fromEntries(Object.entries(item)), selectionSet)
    }
    return [[name.value, below(from[name.value])]]
  })
  return Object.fromEntries(entries)
}
