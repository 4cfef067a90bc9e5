import { type DirectiveNode, Kind, parse } from 'graphql'

export type CacheScope = 'PUBLIC' | 'PRIVATE'

/** What `@cacheControl` says of a field or type (https://www.apollographql.com/docs/apollo-server/performance/caching). */
export interface CacheHint {
  readonly maxAgeMs: number | null
  readonly scope: CacheScope | null
  /** Keeps as long as what it stands in. */
  readonly inheritsMaxAge: boolean
}

/** The hints of a supergraph, by type (`Market`) and field (`Query.markets`). */
export function cacheHints(supergraphSdl: string): ReadonlyMap<string, CacheHint> {
  const hints = new Map<string, CacheHint>()
  const keep = (coordinate: string, directives: readonly DirectiveNode[] | undefined) => {
    const hint = hintOf(directives)
    if (hint) hints.set(coordinate, hint)
  }
  for (const definition of parse(supergraphSdl, { noLocation: true }).definitions) {
    const isComposite =
      definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION ||
      definition.kind === Kind.UNION_TYPE_DEFINITION
    if (!isComposite) continue
    const type = definition.name.value
    keep(type, definition.directives)
    if (definition.kind === Kind.UNION_TYPE_DEFINITION) continue
    for (const field of definition.fields ?? []) keep(`${type}.${field.name.value}`, field.directives)
  }
  return hints
}

function hintOf(directives: readonly DirectiveNode[] | undefined): CacheHint | null {
  const directive = directives?.find(({ name }) => name.value === 'cacheControl')
  if (!directive) return null
  const given = new Map(directive.arguments?.map(({ name, value }) => [name.value, value]))
  const [maxAge, scope, inherit] = [given.get('maxAge'), given.get('scope'), given.get('inheritMaxAge')]
  return {
    maxAgeMs: maxAge?.kind === Kind.INT ? Number(maxAge.value) * 1_000 : null,
    scope: scope?.kind === Kind.ENUM && (scope.value === 'PUBLIC' || scope.value === 'PRIVATE') ? scope.value : null,
    inheritsMaxAge: inherit?.kind === Kind.BOOLEAN && inherit.value,
  }
}
