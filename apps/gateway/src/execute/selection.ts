import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { type Condition, narrowed } from './conditions.ts'

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

/** A selection set as it stands somewhere in a document, and when it counts there. */
export interface Occurrence {
  readonly selectionSet: SelectionSetNode
  readonly condition: Condition
}

/** Everything that a document asks of one object under one response key. */
export interface SelectedField {
  readonly key: string
  readonly name: string
  readonly nodes: FieldNode[]
  /** Null: always; else where any of them holds. */
  alternatives: Condition[] | null
  readonly occurrences: Occurrence[]
}

/** The fields of an object of one type, in the order of the specification's CollectFields. */
export function fieldsOf(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  occurrences: readonly Occurrence[],
  fragments: Fragments,
): readonly SelectedField[] {
  const fields = new Map<string, SelectedField>()
  const collect = ({ selectionSet, condition }: Occurrence) => {
    for (const selection of selectionSet.selections) {
      const inner = narrowed(condition, selection.directives)
      if (!inner) continue
      if (selection.kind === Kind.FIELD) {
        add(fields, selection, inner)
        continue
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      if (!fragment) continue
      const named = fragment.typeCondition?.name.value
      if (named === undefined || applies(schema, named, type)) {
        collect({ selectionSet: fragment.selectionSet, condition: inner })
      }
    }
  }
  for (const occurrence of occurrences) collect(occurrence)
  return [...fields.values()]
}

function add(fields: Map<string, SelectedField>, node: FieldNode, condition: Condition): void {
  const key = node.alias?.value ?? node.name.value
  const field = fields.get(key)
  const { selectionSet } = node
  if (!field) {
    fields.set(key, {
      key,
      name: node.name.value,
      nodes: [node],
      alternatives: condition.length === 0 ? null : [condition],
      occurrences: selectionSet ? [{ selectionSet, condition }] : [],
    })
    return
  }
  field.nodes.push(node)
  if (condition.length === 0) field.alternatives = null
  else field.alternatives?.push(condition)
  if (selectionSet) field.occurrences.push({ selectionSet, condition })
}

function applies(schema: GraphQLSchema, named: string, type: GraphQLNamedType): boolean {
  if (named === type.name) return true
  const condition = schema.getType(named)
  return (
    condition !== undefined &&
    isAbstractType(condition) &&
    (isObjectType(type) || isInterfaceType(type)) &&
    schema.isSubType(condition, type)
  )
}
