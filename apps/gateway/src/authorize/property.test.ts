import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Identity, Scope } from '@opsource/identity'
import {
  type DirectiveNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isTypeDefinitionNode,
  Kind,
  parse,
  print,
  type SelectionSetNode,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { apiSchemaOf, compose } from '../supergraph/composition.ts'
import { acceptEnforced } from '../supergraph/enforced-specs.ts'
import { Graph } from '../supergraph/graph.ts'
import { guardedSdl } from '../testing/guarded-graph.ts'
import { type Pick, picksOf, RandomOperation } from '../testing/random-operation.ts'
import { Authorization } from './authorization.ts'

const DOCUMENTS = 300
const PLANS = 20
/** They take a second; on a machine that does other things, more. */
const BUSY_MS = 60_000
const real = readFileSync(path.resolve(import.meta.dirname, '../../../../supergraph.graphql'), 'utf8')
const POLICIES = ['even', 'odd']
const SCOPES: Scope[] = ['trade', 'risk:manage', 'records:read', 'users:admin', 'audit:read', 'market:operate']

interface Someone {
  readonly identity: Identity | null
  readonly policies: ReadonlySet<string>
}

/** Walks a planned document and names what its caller may not see there: slow, plain and of its own. */
class Oracle {
  readonly #schema: GraphQLSchema
  readonly #directives = new Map<string, readonly DirectiveNode[]>()

  constructor(sdl: string, schema: GraphQLSchema) {
    this.#schema = schema
    for (const definition of parse(sdl).definitions) {
      if (!isTypeDefinitionNode(definition)) continue
      const type = definition.name.value
      this.#directives.set(type, definition.directives ?? [])
      for (const field of 'fields' in definition ? (definition.fields ?? []) : []) {
        this.#directives.set(`${type}.${field.name.value}`, field.directives ?? [])
      }
    }
  }

  /** Every coordinate that a document, fragments and all, reaches. */
  reached(document: string): Set<string> {
    const found = new Set<string>()
    const { definitions } = parse(document)
    const walk = (set: SelectionSetNode | undefined, parent: GraphQLCompositeType, opened: boolean) => {
      for (const selection of set?.selections ?? []) {
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          const fragment = definitions.find(
            (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
          )
          if (fragment?.kind === Kind.FRAGMENT_DEFINITION)
            inside(fragment.typeCondition.name.value, fragment.selectionSet, parent, opened)
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          inside(selection.typeCondition?.name.value ?? parent.name, selection.selectionSet, parent, opened)
        } else if (selection.name.value === '_entities') {
          walk(selection.selectionSet, parent, false)
        } else if (selection.name.value !== '__typename' && 'getFields' in parent) {
          const name = selection.name.value
          const field = parent.getFields()[name]
          if (!field) throw new Error(`${parent.name}.${name}`)
          const owners = isInterfaceType(parent) ? [parent, ...this.#schema.getPossibleTypes(parent)] : [parent]
          for (const owner of owners) found.add(`${owner.name}.${name}`)
          if (isInterfaceType(parent)) for (const owner of owners.slice(1)) found.add(owner.name)
          const result = getNamedType(field.type)
          const opens = (this.#directives.get(`${parent.name}.${name}`) ?? []).some(
            (each) => each.name.value === 'public',
          )
          if (!opens) found.add(result.name)
          if (isCompositeType(result)) walk(selection.selectionSet, result, opens)
        }
      }
    }
    const inside = (name: string, set: SelectionSetNode, parent: GraphQLCompositeType, opened: boolean) => {
      const type = this.#schema.getType(name)
      if (!isCompositeType(type)) throw new Error(name)
      if (name !== parent.name && !opened) found.add(name)
      const isOwn = isObjectType(parent) && isAbstractType(type) && this.#schema.isSubType(type, parent)
      walk(set, isOwn ? parent : type, opened)
    }
    for (const definition of definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue
      const root = this.#schema.getRootType(definition.operation)
      if (root) walk(definition.selectionSet, root, false)
    }
    return found
  }

  mayReach(coordinate: string, { identity, policies }: Someone): boolean {
    return (this.#directives.get(coordinate) ?? []).every((directive) => {
      const kind = directive.name.value
      if (kind === 'authenticated') return identity !== null
      if (kind !== 'requiresScopes' && kind !== 'policy') return true
      const given = directive.arguments?.[0]?.value
      const sets: string[][] = given ? JSON.parse(print(given)) : []
      const held: ReadonlySet<string> = kind === 'policy' ? policies : (identity?.scopes ?? new Set())
      return (kind === 'policy' || identity !== null) && sets.some((set) => set.every((name) => held.has(name)))
    })
  }
}

function someone(pick: Pick): Someone {
  const policies = new Set(POLICIES.filter(() => pick(2) === 0))
  if (pick(4) === 0) return { identity: null, policies }
  const scopes = new Set(SCOPES.filter(() => pick(2) === 0))
  return { identity: { userId: 'u', sessionId: 's', roles: [], scopes, issuedAt: 0, expiresAt: 1 }, policies }
}

/** Some hundred fields, conditions and names of others among them. */
const SIZE = { fields: 100, isTricky: true }

const composed = compose([{ name: 'guarded', url: 'http://guarded', sdl: guardedSdl }])
if (!composed.ok) throw new Error(JSON.stringify(composed.error))

describe.each([
  ['the graph', real],
  ['a graph of every kind of rule', composed.value],
])('random documents over %s, by random callers', { timeout: BUSY_MS }, (_, sdl) => {
  const schema = apiSchemaOf(sdl)
  const oracle = new Oracle(sdl, schema)
  const restrict = (document: string, caller: Someone) => {
    const policies = new Map(POLICIES.map((name) => [name, () => caller.policies.has(name)]))
    return new Authorization(sdl, schema, policies).restrict(parse(document), null, caller, { yes: true })
  }

  it('plan nothing that is guarded from them, and say so for what is missing', () => {
    let denied = 0
    for (let seed = 1; seed <= DOCUMENTS / 20; seed++) {
      const pick = picksOf(seed)
      const caller = someone(pick)
      const policies = new Map(POLICIES.map((name) => [name, () => caller.policies.has(name)]))
      const authorization = new Authorization(sdl, schema, policies)
      for (let n = 0; n < 20; n++) {
        const text = new RandomOperation(schema, pick, SIZE).write(pick(3) === 0 ? 'mutation' : 'query')
        const { planned } = authorization.restrict(parse(text), null, caller)
        const reached = planned === null ? new Set<string>() : oracle.reached(print(planned))
        const guarded = [...reached].filter((coordinate) => !oracle.mayReach(coordinate, caller))
        expect(guarded, text).toEqual([])
        const isFree = [...oracle.reached(text)].every((coordinate) => oracle.mayReach(coordinate, caller))
        if (!isFree) denied++
        const whole = authorization.restrict(parse(text), null, caller)
        expect(whole.key === '', text).toBe(isFree)
      }
    }
    expect(denied).toBeGreaterThan(DOCUMENTS / 10)
  })

  it('are planned as what is left of them, so that no fetch asks for what is guarded', () => {
    const graph = new Graph(acceptEnforced(sdl))
    let fetches = 0
    const pick = picksOf(11)
    for (let n = 0; n < PLANS; n++) {
      const caller = someone(pick)
      const { planned } = restrict(new RandomOperation(schema, pick, SIZE).write('query'), caller)
      const node = planned && graph.plan(planned, null)
      for (const operation of operationsOf(node)) {
        fetches++
        const guarded = [...oracle.reached(operation)].filter((coordinate) => !oracle.mayReach(coordinate, caller))
        expect(guarded, operation).toEqual([])
      }
    }
    expect(fetches).toBeGreaterThan(0)
  })

  it('lose nothing else: whoever may see everything gets the document as it came', () => {
    const all = { identity: someoneWithAll(), policies: new Set(POLICIES) }
    const authorization = new Authorization(sdl, schema, new Map(POLICIES.map((name) => [name, () => true])))
    const pick = picksOf(7)
    for (let n = 0; n < 50; n++) {
      const document = parse(new RandomOperation(schema, pick, SIZE).write('query'))
      const isFree = [...oracle.reached(print(document))].every((coordinate) => oracle.mayReach(coordinate, all))
      if (isFree) expect(authorization.restrict(document, null, all).planned).toBe(document)
    }
  })
})

function operationsOf(node: unknown): string[] {
  return [...JSON.stringify(node ?? null).matchAll(/"operation":("(?:[^"\\]|\\.)*")/g)].map(([, text]) =>
    String(JSON.parse(text ?? '""')),
  )
}

function someoneWithAll(): Identity {
  return { userId: 'u', sessionId: 's', roles: [], scopes: new Set(SCOPES), issuedAt: 0, expiresAt: 1 }
}
