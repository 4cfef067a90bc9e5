import { type ASTNode, type DirectiveNode, type DocumentNode, type FieldNode, Kind, visit } from 'graphql'
import type { Variables } from './conditions.ts'

/** The variables that `@skip` and `@include` ask, and whether there are any conditions at all. */
export interface Conditions {
  readonly any: boolean
  readonly variables: readonly string[]
}

export function conditionsOf(document: DocumentNode): Conditions {
  const variables = new Set<string>()
  let any = false
  visit(document, {
    Directive: (directive) => {
      if (!isCondition(directive)) return
      any = true
      const value = directive.arguments?.[0]?.value
      if (value?.kind === Kind.VARIABLE) variables.add(value.name.value)
    },
  })
  return { any, variables: [...variables] }
}

/**
 * The document as it is with these variables, without conditions. Apollo's planner keeps conditions in its plans, but forgets them
 * where a field needs another (`@requires`): what is skipped then takes its neighbours with it.
 */
export function settled(document: DocumentNode, variables: Variables): DocumentNode {
  const settle = (node: ASTNode & { readonly directives?: readonly DirectiveNode[] | undefined }) => {
    const conditions = node.directives?.filter(isCondition) ?? []
    if (conditions.length === 0) return undefined
    if (!conditions.every((condition) => isMet(condition, variables))) return null
    return { ...node, directives: node.directives?.filter((directive) => !isCondition(directive)) }
  }
  return visit(document, { Field: settle, InlineFragment: settle, FragmentSpread: settle })
}

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/** A document that can be planned: an object of which nothing is asked any more is still asked whether it is there. */
export function plannable(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet: (set) => (set.selections.length === 0 ? { ...set, selections: [TYPENAME] } : undefined),
  })
}

function isCondition({ name }: DirectiveNode): boolean {
  return name.value === 'skip' || name.value === 'include'
}

function isMet({ name, arguments: given }: DirectiveNode, variables: Variables): boolean {
  const value = given?.[0]?.value
  const isTrue =
    value?.kind === Kind.VARIABLE ? variables[value.name.value] === true : value?.kind === Kind.BOOLEAN && value.value
  return isTrue === (name.value === 'include')
}
