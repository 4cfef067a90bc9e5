import { type Identity, rolePolicies } from '@opsource/identity'
import {
  type ConstDirectiveNode,
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type ValueNode,
} from 'graphql'
import { fault } from './errors.ts'
import type { SubgraphContext } from './subgraph.ts'

/** What a caller needs: nothing, a token, or a token with one of several sets of scopes, or of policies that hold, for each rule. */
export type Requirement =
  | { readonly kind: 'PUBLIC' }
  | { readonly kind: 'AUTHENTICATED' }
  | { readonly kind: 'RULES'; readonly scopes: readonly Alternatives[]; readonly policies: readonly Alternatives[] }

/** Of `[["a", "b"], ["c"]]` a and b, or c. */
type Alternatives = readonly (readonly string[])[]

type Resolver = GraphQLFieldResolver<unknown, SubgraphContext>

/** Federation's own root fields: the schema itself is no secret, and entities are guarded by their types. */
const FEDERATION_FIELDS = new Set(['_service', '_entities'])

const disclosed = new WeakSet<object>()

/**
 * Hands out an entity whose type asks for a token to a caller that has none yet but has just proven who they are: the user in
 * the answer to a login. Rules on its fields still hold, and so do those of every other entity in the answer.
 */
export function disclose<T extends object>(parent: T): T {
  disclosed.add(parent)
  return parent
}

/**
 * Guards every field by what the schema says of it, or else of its type. Throws where a root field or an entity says nothing:
 * what nobody decided nobody may read. Throws too where something is asked for in a place that has no resolvers to guard.
 */
export function guardSchema(schema: GraphQLSchema): void {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) refuseUnenforced(type)
    if (!isObjectType(type) || type.name.startsWith('__') || type.name === '_Service') continue
    const ofType = requirementOf(directivesOf(type))
    const isRoot = roots.has(type)
    if (ofType === undefined && !isRoot && isResolvedEntity(type)) throw new Error(undecided(type.name))
    for (const field of Object.values(type.getFields())) {
      const own = requirementOf(field.astNode?.directives ?? [])
      if (isRoot && FEDERATION_FIELDS.has(field.name)) continue
      if (isRoot && own === undefined && ofType === undefined) throw new Error(undecided(`${type.name}.${field.name}`))
      if (own !== undefined) {
        field.resolve = guard(field.resolve, own)
        if (field.subscribe) field.subscribe = guard(field.subscribe, own)
      }
      if (ofType !== undefined && own?.kind !== 'PUBLIC') {
        field.resolve = guard(field.resolve, ofType, disclosed)
        if (field.subscribe) field.subscribe = guard(field.subscribe, ofType)
      }
    }
    if (ofType !== undefined) guardReference(type, ofType)
  }
}

/** A rule on a scalar or an enum would look as if it held: what is answered comes from object types and their fields. */
function refuseUnenforced(type: GraphQLNamedType): void {
  if (requirementOf(directivesOf(type)) !== undefined)
    throw new Error(`${type.name}: only object types and their fields are guarded`)
}

/** Throws the fault that a caller without the requirement is owed. */
export function demand(requirement: Requirement, identity: Identity | null): void {
  if (requirement.kind === 'PUBLIC') return
  if (identity === null) throw fault('UNAUTHENTICATED', 'This needs an access token.')
  if (requirement.kind === 'AUTHENTICATED') return
  const held: ReadonlySet<string> = identity.scopes
  const { scopes, policies } = requirement
  if (!meets(scopes, (scope) => held.has(scope)))
    throw fault('FORBIDDEN', 'The access token does not carry the scope that this needs.')
  if (!meets(policies, (name) => rolePolicies.get(name)?.(identity) === true))
    throw fault('FORBIDDEN', 'The access token does not meet the policy that this needs.')
}

function meets(rules: readonly Alternatives[], holds: (name: string) => boolean): boolean {
  return rules.every((sets) => sets.some((set) => set.every(holds)))
}

/** @returns undefined where none of the directives is about authorization. */
export function requirementOf(directives: readonly ConstDirectiveNode[]): Requirement | undefined {
  const named = (name: string) => directives.filter((directive) => directive.name.value === name)
  const scoped = named('requiresScopes')
  const asked = named('policy')
  if (scoped.length > 0 || asked.length > 0) {
    return {
      kind: 'RULES',
      scopes: scoped.map((directive) => setsOf(directive, 'scopes')),
      policies: asked.map((directive) => setsOf(directive, 'policies')),
    }
  }
  if (named('authenticated').length > 0) return { kind: 'AUTHENTICATED' }
  return named('public').length > 0 ? { kind: 'PUBLIC' } : undefined
}

function guard(resolve: Resolver | undefined, requirement: Requirement, exempt?: WeakSet<object>): Resolver {
  const inner = resolve ?? defaultFieldResolver
  if (requirement.kind === 'PUBLIC') return inner
  return (parent, args, context, info) => {
    const isExempt = typeof parent === 'object' && parent !== null && exempt?.has(parent)
    if (!isExempt) demand(requirement, context.identity)
    return inner(parent, args, context, info)
  }
}

type ReferenceResolver = (reference: object, context: SubgraphContext, info: unknown) => unknown

/** `@apollo/subgraph` keeps an entity's reference resolver in the type's extensions. */
function guardReference(type: GraphQLObjectType, requirement: Requirement): void {
  const apollo: unknown = type.extensions.apollo
  if (requirement.kind === 'PUBLIC' || !isResolvedEntity(type)) return
  const subgraph = isRecord(apollo) && isRecord(apollo.subgraph) ? apollo.subgraph : {}
  const inner = subgraph.resolveReference
  // Asynchronous, so that a denial costs its own entity and not the whole list.
  const resolveReference: ReferenceResolver = async (reference, context, info) => {
    demand(requirement, context.identity)
    return typeof inner === 'function' ? inner(reference, context, info) : reference
  }
  type.extensions = {
    ...type.extensions,
    apollo: { ...(isRecord(apollo) ? apollo : {}), subgraph: { ...subgraph, resolveReference } },
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function directivesOf(type: GraphQLNamedType): readonly ConstDirectiveNode[] {
  return [type.astNode, ...type.extensionASTNodes].flatMap((node) => node?.directives ?? [])
}

function isResolvedEntity(type: GraphQLObjectType): boolean {
  return directivesOf(type).some(
    ({ name, arguments: args }) =>
      name.value === 'key' &&
      !args?.some((arg) => arg.name.value === 'resolvable' && arg.value.kind === Kind.BOOLEAN && !arg.value.value),
  )
}

/** Anything else than a list of lists of names lets nobody in. */
function setsOf(directive: ConstDirectiveNode, argument: 'scopes' | 'policies'): Alternatives {
  const value = directive.arguments?.find(({ name }) => name.value === argument)?.value
  return elementsOf(value).map((set) => elementsOf(set).map((name) => (name.kind === Kind.STRING ? name.value : '')))
}

function elementsOf(value: ValueNode | undefined): readonly ValueNode[] {
  return value?.kind === Kind.LIST ? value.values : []
}

function undecided(coordinate: string): string {
  return `${coordinate} carries none of @public, @authenticated, @requiresScopes, @policy`
}
