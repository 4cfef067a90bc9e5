import { type ASTVisitor, Kind, type SelectionSetNode, type ValidationContext } from 'graphql'
import { fault } from './errors.ts'

/** Bytes of a request: the largest batch mutation is about a quarter of this. */
export const MAX_BODY_BYTES = 1024 * 1024
/** Lexical tokens of a document: parsing time grows with them before any other rule can look. */
export const MAX_DOCUMENT_TOKENS = 10_000
/** Nested selections of an operation: the deepest one that the graph's own pages need is about 10. */
export const MAX_DEPTH = 15

/** A validation rule: operations nest at most `MAX_DEPTH` selections, fragments counted where they are spread. */
export function depthRule(context: ValidationContext): ASTVisitor {
  const ofFragment = new Map<string, number>()
  const depthOf = (selections: SelectionSetNode | undefined): number => {
    let deepest = 0
    for (const selection of selections?.selections ?? []) {
      if (selection.kind === Kind.FIELD) deepest = Math.max(deepest, 1 + depthOf(selection.selectionSet))
      else if (selection.kind === Kind.INLINE_FRAGMENT) deepest = Math.max(deepest, depthOf(selection.selectionSet))
      else deepest = Math.max(deepest, fragmentDepth(selection.name.value))
    }
    return deepest
  }
  const fragmentDepth = (name: string): number => {
    const known = ofFragment.get(name)
    if (known !== undefined) return known
    // A cycle is another rule's finding; here it must only end.
    ofFragment.set(name, 0)
    const depth = depthOf(context.getFragment(name)?.selectionSet)
    ofFragment.set(name, depth)
    return depth
  }
  return {
    OperationDefinition(node) {
      const depth = depthOf(node.selectionSet)
      if (depth <= MAX_DEPTH) return
      context.reportError(
        fault('QUERY_TOO_DEEP', `The operation nests ${depth} selections; at most ${MAX_DEPTH} are allowed.`),
      )
    },
  }
}
