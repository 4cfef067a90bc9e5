import { err, ok, type Result } from '@opsource/kernel'
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationRule,
  visit,
} from 'graphql'
import { fault } from '../errors.ts'
import { limits } from './limits.ts'

/** Parses within the token limit. */
export function parseOperation(text: string): Result<DocumentNode, GraphQLError> {
  try {
    return ok(parse(text, { maxTokens: limits.tokens }))
  } catch (error) {
    if (error instanceof GraphQLError) return err(isTokenLimit(error.message) ? tooManyTokens() : syntaxFault(error))
    throw error
  }
}

function syntaxFault(error: GraphQLError): GraphQLError {
  const { nodes, source, positions } = error
  return new GraphQLError(error.message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code: 'GRAPHQL_PARSE_FAILED' },
  })
}

/** graphql-js tells this from a syntax error by its words alone. */
export function isTokenLimit(message: string): boolean {
  return message.includes('tokens. Parsing aborted')
}

export function tooManyTokens(): GraphQLError {
  return fault('QUERY_TOO_COMPLEX', `The operation has more than ${limits.tokens} tokens.`)
}

/** Of documents that are kept, together, by `weightOf`: one of weight 1 takes some 240 bytes, and as much again once it is compiled. */
export const MAX_KEPT_WEIGHT = 1_048_576

/** What the document of a text takes to keep, in characters of which every other one is a token: longer ones are names and blanks. */
export function weightOf(characters: number): number {
  return Math.max(1, Math.min(characters, 2 * limits.tokens))
}

/** What is wrong with the size of a document, or null. Linear in the document: a fragment is measured once. */
export function measure(document: DocumentNode): GraphQLError | null {
  let aliases = 0
  let directives = 0
  visit(document, {
    Field: ({ alias }) => {
      if (alias) aliases++
    },
    Directive: () => {
      directives++
    },
  })
  const { depth } = extentOf(document, (field) => !INTROSPECTION.includes(field))
  const whole = extentOf(document, () => true)
  return (
    over('QUERY_TOO_COMPLEX', 'aliases', aliases, limits.aliases) ??
    over('QUERY_TOO_COMPLEX', 'directives', directives, limits.directives) ??
    over('QUERY_TOO_DEEP', 'levels', depth, limits.depth) ??
    over('QUERY_TOO_DEEP', 'levels', whole.depth, limits.introspectionDepth) ??
    over('QUERY_TOO_COMPLEX', 'fields', whole.fields, limits.fields) ??
    over('QUERY_TOO_COMPLEX', 'values in its answer', whole.values, limits.introspectionValues)
  )
}

function over(
  code: 'QUERY_TOO_COMPLEX' | 'QUERY_TOO_DEEP',
  what: string,
  count: number,
  most: number,
): GraphQLError | null {
  return count > most ? fault(code, `The operation has ${count} ${what}; at most ${most} are allowed.`) : null
}

/**
 * `measure` as a validation rule. A document that is too large is not looked at by any other rule: graphql-js gives up where there are
 * more errors than `limits.validationErrors`, so that many are reported. `onlySize` takes them out again.
 */
export const sizeRule: ValidationRule = (context) => ({
  Document: (document) => {
    const tooLarge = measure(document)
    for (let n = 0; tooLarge && n <= limits.validationErrors; n++) context.reportError(tooLarge)
  },
})

/** Leaves one error of a document that is too large. */
export function onlySize(errors: readonly Error[]): void {
  if (errors[0] !== undefined && errors[0] === errors[1] && Array.isArray(errors)) errors.length = 1
}

const INTROSPECTION = ['__schema', '__type']
/** About as many as this schema has of each; none of its own fields is named so. */
const INTROSPECTION_LISTS: Readonly<Record<string, number>> = {
  types: 150,
  fields: 10,
  inputFields: 5,
  enumValues: 5,
  possibleTypes: 5,
  interfaces: 2,
  args: 2,
  directives: 20,
}

interface Extent {
  readonly depth: number
  /** Counted as if every fragment stood where it is spread: what planning has to look at. */
  readonly fields: number
  /** How much introspection may answer; what the graph's own fields cost is for `CostModel`. */
  readonly values: number
}

/** The largest extent of a document's operations; fields for which `counts` is false are left out with all below them. */
function extentOf(document: DocumentNode, counts: (field: string) => boolean): Extent {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const measured = new Map<string, Extent>()
  const ofSet = (set: SelectionSetNode | undefined): Extent => {
    let depth = 0
    let fields = 0
    let values = 0
    for (const selection of set?.selections ?? []) {
      const extent = ofSelection(selection)
      depth = Math.max(depth, extent.depth)
      fields += extent.fields
      values += extent.values
    }
    return { depth, fields, values }
  }
  const ofSelection = (selection: SelectionNode): Extent => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value)
    if (selection.kind === Kind.INLINE_FRAGMENT) return ofSet(selection.selectionSet)
    if (!counts(selection.name.value)) return EMPTY
    const { depth, fields, values } = ofSet(selection.selectionSet)
    const length = INTROSPECTION_LISTS[selection.name.value] ?? 1
    return { depth: depth + 1, fields: fields + 1, values: 1 + length * values }
  }
  const ofFragment = (name: string): Extent => {
    const known = measured.get(name)
    if (known) return known
    // A cycle ends here; that it is one is for the standard validation rules to say, as with an unknown fragment.
    measured.set(name, EMPTY)
    const extent = ofSet(fragments.get(name)?.selectionSet)
    measured.set(name, extent)
    return extent
  }
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const extents = operations.map(({ selectionSet }) => ofSet(selectionSet))
  return {
    depth: Math.max(0, ...extents.map(({ depth }) => depth)),
    fields: Math.max(0, ...extents.map(({ fields }) => fields)),
    values: Math.max(0, ...extents.map(({ values }) => values)),
  }
}

const EMPTY: Extent = { depth: 0, fields: 0, values: 0 }
