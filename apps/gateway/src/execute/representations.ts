import type { QueryPlanSelectionNode } from '@apollo/query-planner'
import { mergeInto } from './merging.ts'
import { isPlain, own, type Plain, setOwn } from './plain.ts'
import type { PossibleTypes, TypeNames } from './possible-types.ts'
import type { Rewrite } from './rewrites.ts'

/** What one fetch asks of each entity. @returns null where the entity has not all of it, or is of another type. */
type Requirement = (entity: unknown) => Plain | null

/** The representations of one fetch as JSON, each once, and which entities each stands for. */
export interface Representations {
  readonly json: readonly string[]
  /** For each representation the places of its entities in the list given, at least one. */
  readonly entitiesOf: readonly (readonly number[])[]
}

/** Reads out of entities what a subgraph needs to find them: their keys, and the fields of others that it computes with. */
export class EntityReader {
  readonly #requirement: Requirement
  readonly #rewrite: Rewrite | null

  constructor(requires: readonly QueryPlanSelectionNode[], types: PossibleTypes, rewrite: Rewrite | null) {
    this.#requirement = compileRequirement(requires, types)
    this.#rewrite = rewrite
  }

  read(entities: readonly Plain[]): Representations {
    const json: string[] = []
    const entitiesOf: number[][] = []
    const places = new Map<string, number>()
    for (const [index, entity] of entities.entries()) {
      const representation = this.#requirement(entity)
      if (!representation?.__typename) continue
      this.#rewrite?.(representation)
      const text = JSON.stringify(representation)
      const place = places.get(text)
      if (place === undefined) {
        places.set(text, json.length)
        json.push(text)
        entitiesOf.push([index])
      } else entitiesOf[place]?.push(index)
    }
    return { json, entitiesOf }
  }
}

type Part =
  | { readonly key: string; readonly selection: Requirement | null }
  | { readonly types: TypeNames; readonly selection: Requirement }

function compileRequirement(selections: readonly QueryPlanSelectionNode[], types: PossibleTypes): Requirement {
  const parts = selections.flatMap((node): Part[] => {
    if (node.kind === 'Field') {
      const selection = node.selections ? compileRequirement(node.selections, types) : null
      return [{ key: node.alias ?? node.name, selection }]
    }
    if (node.typeCondition === undefined) return []
    return [{ types: types.of(node.typeCondition), selection: compileRequirement(node.selections, types) }]
  })
  const [only] = parts
  if (parts.length === 1 && only && 'types' in only) {
    const { types: wanted, selection } = only
    return (entity) => (isPlain(entity) && hasTypeOf(entity, wanted) ? selection(entity) : null)
  }
  return (entity) => (isPlain(entity) ? readParts(entity, parts) : null)
}

function readParts(entity: Plain, parts: readonly Part[]): Plain | null {
  const representation: Plain = {}
  for (const part of parts) {
    if ('key' in part) {
      const value = own(entity, part.key)
      if (value === undefined) return null
      setOwn(representation, part.key, part.selection ? select(value, part.selection) : value)
    } else if (hasTypeOf(entity, part.types)) {
      const selected = part.selection(entity)
      if (selected) mergeInto(representation, selected)
    }
  }
  return representation
}

function select(value: unknown, selection: Requirement): unknown {
  return Array.isArray(value) ? value.map((element) => select(element, selection)) : selection(value)
}

function hasTypeOf({ __typename: name }: Plain, types: TypeNames): boolean {
  return typeof name === 'string' && types.has(name)
}
