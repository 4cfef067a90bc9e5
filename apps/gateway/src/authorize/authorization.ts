import type { ErrorCode } from '@opsource/subgraph'
import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import type { Caller } from '../identity/caller.ts'
import { applies, type Variables } from './conditions.ts'
import { RuleBook } from './rule-book.ts'
import { meets, type Policies, type Rule } from './rules.ts'
import { type Denial, type Judge, type Pruned, Pruning } from './selection.ts'

/** An operation as its caller may have it. */
export interface Restriction {
  /** What to plan: the document as it came where the caller may see all of it, null where they may see none of it. */
  readonly planned: DocumentNode | null
  /** What the answer looks like: the document as it came, but that it does not ask for types that the caller may not see. */
  readonly document: DocumentNode
  /** Equal for callers who get the same; empty for those who may see all. */
  readonly key: string
  /**
   * An error for each place that the caller may not see and that `variables` do not leave out. `UNAUTHORIZED_FIELD_OR_TYPE` where
   * something else is answered; where nothing is, `UNAUTHENTICATED` without a token and `FORBIDDEN` with one.
   */
  errors(variables: Variables): readonly GraphQLError[]
}

/** Different sets of rights that one document is kept for; anything beyond is worked out again. */
const MAX_KEPT_RESTRICTIONS = 64

interface Examined {
  readonly operation: OperationDefinitionNode
  /** Every rule that the document meets, once. */
  readonly rules: readonly Rule[]
  readonly isVariable: boolean
  /** For those who may see all of it. */
  readonly whole: Restriction
  readonly kept: Map<string, Restriction>
}

/** Holds callers to `@authenticated`, `@requiresScopes` and `@policy` of one supergraph, before anything is planned. */
export class Authorization {
  readonly #schema: GraphQLSchema
  readonly #book: RuleBook
  readonly #policies: Policies
  readonly #examined = new WeakMap<DocumentNode, Map<string, Examined>>()

  /**
   * @param schema what clients see of the same supergraph.
   * @throws Error where a rule of the supergraph cannot be enforced: it must not be served then.
   */
  constructor(supergraphSdl: string, schema: GraphQLSchema, policies: Policies = new Map()) {
    this.#schema = schema
    this.#book = new RuleBook(supergraphSdl, schema)
    this.#policies = policies
  }

  /** @param document validated against the schema, and within the limits of size: fragments are written out. */
  restrict(
    document: DocumentNode,
    operationName: string | null,
    { identity }: Pick<Caller, 'identity'>,
    variables: Variables = {},
  ): Restriction {
    const examined = this.#examine(document, operationName)
    const { operation, rules, isVariable, kept, whole } = examined
    const who = identity === null ? 'nobody' : 'somebody'
    if (!isVariable) {
      const held = new Set(rules.filter((rule) => meets(rule, identity, this.#policies)))
      if (held.size === rules.length) return whole
      const key = `${who} ${rules.map((rule) => (held.has(rule) ? 1 : 0)).join('')}`
      const judge: Judge = (asked) => asked.some((rule) => !held.has(rule))
      return keptAs(key, kept, () =>
        restriction(document, operation, who, key, this.#prune(document, operation, judge)),
      )
    }
    // Which types introspection is asked for differs from request to request.
    const judge: Judge = (asked) => asked.some((rule) => !meets(rule, identity, this.#policies))
    const pruned = this.#prune(document, operation, judge, variables)
    if (pruned.denials.length === 0) return whole
    const key = `${who} ${JSON.stringify(pruned.denials.map(({ path }) => path))}`
    return keptAs(key, kept, () => restriction(document, operation, who, key, pruned))
  }

  #prune(document: DocumentNode, operation: OperationDefinitionNode, judge: Judge, variables: Variables = {}): Pruned {
    return new Pruning(this.#schema, this.#book, judge, variables).prune(document, operation)
  }

  #examine(document: DocumentNode, operationName: string | null): Examined {
    const byName = this.#examined.get(document) ?? new Map<string, Examined>()
    this.#examined.set(document, byName)
    const known = byName.get(operationName ?? '')
    if (known) return known
    const operation = getOperationAST(document, operationName)
    if (!operation) throw new GraphQLError(`There is no operation ${operationName ?? 'alone'} in the document`)
    const met = new Set<Rule>()
    const { isVariable } = this.#prune(document, operation, (asked) => {
      for (const rule of asked) met.add(rule)
      return false
    })
    const whole = { planned: document, document, key: '', errors: () => [] }
    const examined = { operation, rules: [...met], isVariable, whole, kept: new Map<string, Restriction>() }
    byName.set(operationName ?? '', examined)
    return examined
  }
}

function keptAs(key: string, kept: Map<string, Restriction>, make: () => Restriction): Restriction {
  const known = kept.get(key)
  if (known) return known
  const made = make()
  if (kept.size < MAX_KEPT_RESTRICTIONS) kept.set(key, made)
  return made
}

function restriction(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  who: 'nobody' | 'somebody',
  key: string,
  { document: planned, denials, types }: Pruned,
): Restriction {
  const refusal: ErrorCode = who === 'nobody' ? 'UNAUTHENTICATED' : 'FORBIDDEN'
  const code: ErrorCode = planned === null ? refusal : 'UNAUTHORIZED_FIELD_OR_TYPE'
  const message = who === 'nobody' ? 'This needs an access token.' : 'The access token does not allow this.'
  const errorOf = ({ path }: Denial) => new GraphQLError(message, { path, extensions: { code } })
  return {
    planned,
    document: withoutTypes(document, types),
    key,
    errors: (variables) => denials.filter(({ conditions }) => applies(conditions, operation, variables)).map(errorOf),
  }
}

/** Introspection is answered from the document itself: of a type that has no name it tells nothing. */
function withoutTypes(document: DocumentNode, types: ReadonlySet<FieldNode>): DocumentNode {
  if (types.size === 0) return document
  return visit(document, {
    Field: (field) => {
      if (!types.has(field)) return undefined
      const given = { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'name' } } as const
      return { ...field, arguments: [{ ...given, value: { kind: Kind.STRING, value: '' } }] }
    },
  })
}
