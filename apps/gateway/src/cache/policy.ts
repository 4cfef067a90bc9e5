import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isCompositeType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import type { CacheHint, CacheScope } from './hints.ts'

/** How long an operation's answer may be kept, and for whom. */
export interface CachePolicy {
  readonly maxAgeMs: number
  readonly scope: CacheScope
  /** Names of all object types that the answer may hold. */
  readonly types: ReadonlySet<string>
}

/**
 * The policy of an operation: the shortest age and the narrowest scope of all its fields, by the rules of Apollo Server: a root field, and
 * one that gives an object, may not be kept unless a hint says so; a leaf keeps as long as what it stands in.
 * @param document valid against the schema.
 * @returns null where its answer may not be kept.
 */
export function cachePolicy(
  document: DocumentNode,
  operationName: string | null,
  schema: GraphQLSchema,
  hints: ReadonlyMap<string, CacheHint>,
): CachePolicy | null {
  const operation = getOperationAST(document, operationName)
  const root = schema.getQueryType()
  if (operation?.operation !== 'query' || !root) return null
  const walk = new PolicyWalk(document, schema, hints)
  walk.enter(operation.selectionSet, root, null)
  const { maxAgeMs, scope, types } = walk
  return maxAgeMs > 0 && maxAgeMs < Number.POSITIVE_INFINITY ? { maxAgeMs, scope, types } : null
}

class PolicyWalk {
  maxAgeMs = Number.POSITIVE_INFINITY
  scope: CacheScope = 'PUBLIC'
  readonly types = new Set<string>()
  readonly #schema: GraphQLSchema
  readonly #hints: ReadonlyMap<string, CacheHint>
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>

  constructor(document: DocumentNode, schema: GraphQLSchema, hints: ReadonlyMap<string, CacheHint>) {
    this.#schema = schema
    this.#hints = hints
    this.#fragments = new Map(
      document.definitions
        .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
        .map((fragment) => [fragment.name.value, fragment]),
    )
  }

  /** @param parentAgeMs null at the root. */
  enter(set: SelectionSetNode, parent: GraphQLCompositeType, parentAgeMs: number | null): void {
    // Nothing that may not be kept becomes so further down.
    if (this.maxAgeMs === 0) return
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        this.#field(selection.name.value, selection.selectionSet, parent, parentAgeMs)
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)
      const condition = fragment?.typeCondition ? this.#schema.getType(fragment.typeCondition.name.value) : parent
      if (fragment && isCompositeType(condition)) this.enter(fragment.selectionSet, condition, parentAgeMs)
    }
  }

  #field(
    name: string,
    set: SelectionSetNode | undefined,
    parent: GraphQLCompositeType,
    parentAgeMs: number | null,
  ): void {
    const field = 'getFields' in parent ? parent.getFields()[name] : undefined
    if (!field) {
      // `__typename` is as old as what it names; `__schema` and `__type` are not worth keeping.
      if (name !== '__typename') this.maxAgeMs = 0
      return
    }
    const type = getNamedType(field.type)
    const results = isCompositeType(type) ? [type.name, ...this.#concrete(type)] : []
    const typeHints = results.map((result) => this.#hints.get(result))
    for (const owner of this.#concrete(parent)) {
      this.types.add(owner)
      const hint = this.#hints.get(`${owner}.${name}`)
      this.#restrict(hint?.maxAgeMs ?? typeHints[0]?.maxAgeMs ?? this.#inherited(hint, typeHints[0], set, parentAgeMs))
      if (hint?.scope === 'PRIVATE') this.scope = 'PRIVATE'
    }
    for (const hint of typeHints) {
      if (hint?.maxAgeMs != null) this.#restrict(hint.maxAgeMs)
      if (hint?.scope === 'PRIVATE') this.scope = 'PRIVATE'
    }
    if (set && isCompositeType(type)) this.enter(set, type, this.maxAgeMs)
  }

  /** Leaves are as old as what they stand in; at the root, and for objects, someone must have said so. */
  #inherited(
    own: CacheHint | undefined,
    ofType: CacheHint | undefined,
    set: SelectionSetNode | undefined,
    parentAgeMs: number | null,
  ): number {
    const inherits = set === undefined || own?.inheritsMaxAge || ofType?.inheritsMaxAge
    return inherits && parentAgeMs !== null ? parentAgeMs : 0
  }

  #restrict(ageMs: number): void {
    this.maxAgeMs = Math.min(this.maxAgeMs, ageMs)
  }

  #concrete(type: GraphQLCompositeType): string[] {
    return isAbstractType(type) ? this.#schema.getPossibleTypes(type).map(({ name }) => name) : [type.name]
  }
}
