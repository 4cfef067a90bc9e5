import { createHash } from 'node:crypto'
import { Supergraph } from '@apollo/federation-internals'
import {
  execute,
  type GraphQLAbstractType,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql'
import { readResult, type UpstreamResult } from '../upstreams/upstream.ts'
import { fieldSet, fieldsOf, sent, texts } from './field-sets.ts'

/** How often something goes wrong, of 100. */
export interface Weather {
  readonly nulls: number
  readonly errors: number
  /** Nulls where none may be. */
  readonly violations: number
}

/** How much of everything there is. */
export interface Extent {
  /** Of each type, up to 100. */
  readonly entities: number
  /** Elements of every list; any few without it. */
  readonly elements?: number
  /** Values of the graph's own scalars, by their names and from a number below 100; without it they are anything at all. */
  readonly scalars?: Readonly<Record<string, (number: number) => unknown>>
}

/** One thing of the world. Whoever tells of it, and wherever it is met, it is the same. */
interface Thing {
  readonly __typename: string
  readonly identity: string
  /** What the gateway sent of it. */
  readonly given: Readonly<Record<string, unknown>> | null
  /** Whether it is part of the key of what has its number. */
  readonly isOfKey?: boolean
}

const KEY = /([A-Z]\w*)-(\d+)$/

/** Answers every field of a supergraph, as one server or as each of its subgraphs: a value depends on its object, its name and its arguments alone. */
export class FederatedWorld {
  readonly schema: GraphQLSchema
  readonly subgraphs: ReadonlyMap<string, GraphQLSchema>
  /** By type, the names of its keys' fields. */
  readonly #keys = new Map<string, Set<string>>()
  /** By type and field, what it is computed from. */
  readonly #required = new Map<string, SelectionSetNode>()
  readonly #extent: Extent
  #seed = 0
  #weather: Weather = { nulls: 0, errors: 0, violations: 0 }

  constructor(supergraphSdl: string, extent: Extent = { entities: 4 }) {
    this.#extent = extent
    const supergraph = Supergraph.build(supergraphSdl)
    this.schema = supergraph.apiSchema().toGraphQLJSSchema()
    this.subgraphs = new Map(
      [...supergraph.subgraphs().values()].map(({ name, schema }) => [name, schema.toGraphQLJSSchema()]),
    )
    for (const definition of parse(supergraphSdl).definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
        continue
      const type = definition.name.value
      for (const set of texts(definition.directives, 'join__type', 'key')) {
        const keys = this.#keys.get(type) ?? new Set()
        for (const { name } of fieldsOf(fieldSet(set))) keys.add(name.value)
        this.#keys.set(type, keys)
      }
      for (const field of definition.fields ?? []) {
        for (const set of texts(field.directives, 'join__field', 'requires')) {
          this.#required.set(`${type}.${field.name.value}`, fieldSet(set))
        }
      }
    }
  }

  /** Another world, in which other values stand and other things go wrong. */
  change(seed: number, weather: Weather): void {
    this.#seed = seed
    this.#weather = weather
  }

  /** As one server that holds all of it. */
  monolith(query: string, variables: Record<string, unknown>): UpstreamResult {
    return this.#answer(this.schema, query, variables)
  }

  subgraph(name: string, query: string, variables: Record<string, unknown>): UpstreamResult {
    const schema = this.subgraphs.get(name)
    if (!schema) throw new Error(`There is no subgraph ${name}`)
    return this.#answer(schema, query, variables)
  }

  #answer(schema: GraphQLSchema, query: string, variables: Record<string, unknown>): UpstreamResult {
    const result = execute({
      schema,
      document: parse(query),
      variableValues: variables,
      rootValue: { __typename: 'Query', identity: 'root', given: null } satisfies Thing,
      fieldResolver: this.#resolve,
      typeResolver: ({ __typename }: Thing) => __typename,
    })
    if (result instanceof Promise) throw new Error('the world answers at once')
    return readResult('world', JSON.stringify(result))
  }

  readonly #resolve: GraphQLFieldResolver<Thing, unknown> = (thing, args, _, info) => {
    const { fieldName, parentType, returnType, schema } = info
    if (fieldName !== '_entities') return this.#value(thing, fieldName, parentType.name, returnType, args)
    return args.representations.map((given: Record<string, unknown>) => this.#entity(given, schema))
  }

  #entity(given: Record<string, unknown>, schema: GraphQLSchema): Thing {
    const type = String(given.__typename)
    const values = [...(this.#keys.get(type) ?? [])].map((name) => given[name])
    const own = values.find((value) => typeof value === 'string' && KEY.test(value))
    const [, name = type, number = '0'] = KEY.exec(String(own ?? textWithin(values) ?? '')) ?? []
    // A key's object bears the number of what it is a key of, and a name of its own.
    const of = own === undefined ? type : name
    return { __typename: isAbstractType(schema.getType(type)) ? of : type, identity: `${of}-${number}`, given }
  }

  /** @throws Error where that is the weather. */
  #value(thing: Thing, field: string, parent: string, type: GraphQLOutputType, args: object): unknown {
    const [, owner = parent] = KEY.exec(thing.identity) ?? []
    const isText = ['String', 'ID'].includes(String(getNullableType(type)))
    const isKey =
      (this.#keys.get(parent) ?? this.#keys.get(owner))?.has(field) === true || (thing.isOfKey === true && isText)
    const required = this.#requiredBy(parent, field)
    const basis = required ? this.#basisOf(thing, parent, required) : null
    const identity = `${thing.identity}.${field}${JSON.stringify(Object.entries(args).sort())}${basis ?? ''}`
    if (isKey && isLeafType(getNullableType(type))) return `${field}-${thing.identity}`
    if (!isKey) {
      if (isNonNullType(type) && this.#chance(identity, 'violation') < this.#weather.violations) return null
      if (!isNonNullType(type) && this.#chance(identity, 'error') < this.#weather.errors) {
        throw new Error(`${field} of ${thing.identity} failed`)
      }
      if (!isNonNullType(type) && this.#chance(identity, 'null') < this.#weather.nulls) return null
    }
    return isKey ? this.#keyObject(type, thing) : this.#valueOf(type, identity)
  }

  /** Of an implementation what an interface object's field is computed from counts too. */
  #requiredBy(parent: string, field: string): SelectionSetNode | undefined {
    const type = this.schema.getType(parent)
    const names = [parent, ...(type && 'getInterfaces' in type ? type.getInterfaces().map(({ name }) => name) : [])]
    return names.map((name) => this.#required.get(`${name}.${field}`)).find((set) => set !== undefined)
  }

  /** The object of a key, or each of its list's, bears the number of what it is a key of: that can be found by it again. */
  #keyObject(type: GraphQLOutputType, thing: Thing): unknown {
    const nullable = getNullableType(type)
    if (isListType(nullable)) return [0, 1].map(() => this.#keyObject(nullable.ofType, thing))
    const { name } = getNamedType(type)
    return {
      __typename: name,
      identity: `${name}-${KEY.exec(thing.identity)?.[2] ?? 0}`,
      given: null,
      isOfKey: true,
    } satisfies Thing
  }

  #valueOf(type: GraphQLOutputType, identity: string): unknown {
    if (isNonNullType(type)) return this.#valueOf(type.ofType, identity)
    if (isListType(type)) {
      return Array.from({ length: this.#extent.elements ?? this.#chance(identity, 'length') % 4 }, (_, index) => {
        const element = `${identity}[${index}]`
        const isNull = !isNonNullType(type.ofType) && this.#chance(element, 'null') < this.#weather.nulls
        return isNull ? null : this.#valueOf(type.ofType, element)
      })
    }
    const number = this.#chance(identity, 'value')
    const known = this.schema.getType(getNamedType(type).name)
    if (isEnumType(known)) return known.getValues()[number % known.getValues().length]?.value
    const scalar = SCALARS[type.toString()] ?? this.#extent.scalars?.[type.toString()]
    if (scalar) return scalar(number)
    if (!known || !('getFields' in known || 'getTypes' in known))
      return { number, list: [number, { text: `${number}` }] }
    const possible = isAbstractType(known) ? this.#possible(known) : [known.name]
    const concrete = possible[number % possible.length] ?? known.name
    const isEntity = this.#keys.has(concrete)
    // Where a subgraph knows an interface as an object only, that is what it answers.
    const __typename = isAbstractType(type) ? concrete : type.toString()
    const of = isEntity ? `${concrete}-${this.#chance(identity, 'entity') % this.#extent.entities}` : identity
    return { __typename, identity: of, given: null } satisfies Thing
  }

  /** What every subgraph can tell of that knows the type as an abstract one. */
  #possible(type: GraphQLAbstractType): string[] {
    const known = [...this.subgraphs.values()].flatMap((schema) => {
      const own = schema.getType(type.name)
      return isAbstractType(own) ? [new Set(schema.getPossibleTypes(own).map(({ name }) => name))] : []
    })
    const names = this.schema.getPossibleTypes(type).map(({ name }) => name)
    return names.filter((name) => known.every((set) => set.has(name))).sort()
  }

  /** What a field is computed from: as the gateway sent it, or as it is. */
  #basisOf(thing: Thing, parent: string, set: SelectionSetNode): string {
    return JSON.stringify(thing.given ? sent(thing.given, set) : this.#pick(thing, parent, set))
  }

  #pick(thing: Thing, parent: string, set: SelectionSetNode): object {
    const type = this.schema.getType(parent)
    const fields = type && 'getFields' in type ? type.getFields() : {}
    const entries = set.selections.flatMap((selection): [string, unknown][] => {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const name = selection.typeCondition?.name.value ?? parent
        return name === thing.__typename ? Object.entries(this.#pick(thing, name, selection.selectionSet)) : []
      }
      if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') return []
      const { name, selectionSet } = selection
      const definition = fields[name.value]
      if (!definition || !('args' in definition)) throw new Error(`${parent} has no field ${name.value}`)
      const args = getArgumentValues(definition, selection)
      const value = this.#quietly(() => this.#value(thing, name.value, parent, definition.type, args))
      if (!selectionSet) return [[name.value, value]]
      const below = (item: unknown): unknown => {
        if (Array.isArray(item)) return item.map(below)
        return isThing(item) ? this.#pick(item, item.__typename, selectionSet) : null
      }
      return [[name.value, below(value)]]
    })
    return Object.fromEntries(entries)
  }

  #quietly(read: () => unknown): unknown {
    try {
      return read()
    } catch {
      return null
    }
  }

  #chance(identity: string, of: string): number {
    const digest = createHash('md5').update(`${this.#seed} ${of} ${identity}`).digest()
    return digest.readUInt32BE() % 100
  }
}

const SCALARS: Readonly<Record<string, (number: number) => unknown>> = {
  Int: (number) => number,
  Float: (number) => number / 7,
  String: (number) => `text ${number}`,
  Boolean: (number) => number % 2 === 0,
  ID: (number) => `id-${number}`,
}

function isThing(value: unknown): value is Thing {
  return typeof value === 'object' && value !== null && 'identity' in value
}

/** The first text within objects and lists that tells what it is a key of. */
function textWithin(value: unknown): string | undefined {
  if (typeof value === 'string') return KEY.test(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const part of Object.values(value)) {
    const text = textWithin(part)
    if (text !== undefined) return text
  }
  return undefined
}
