import {
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql'
import { type Condition, holds, type Variables } from './conditions.ts'
import { isInherited, isPlain, type Plain } from './plain.ts'

/** A null for which there is an error already. */
export const NULLED = Symbol('nulled')
/** A null where none may be: what holds it becomes null. */
export const BUBBLE = Symbol('bubble')

/** One answer in the making. */
export interface Shaping {
  /** Coerced, with defaults. */
  readonly variables: Variables
  /** As the client sent them. */
  readonly given: Variables
  /** Where it is at work. */
  readonly path: (string | number)[]
  readonly errors: GraphQLError[]
}

/** Completes a value as graphql-js completes what a resolver gave (https://spec.graphql.org/October2021/#CompleteValue()). */
export interface Shape {
  complete(value: unknown, shaping: Shaping): unknown
}

function complain(shaping: Shaping, what: string, owner: string, type: string): typeof NULLED {
  const last = shaping.path.at(-1)
  const where = typeof last === 'number' ? `array element of type ${type} at index ${last}` : `field ${owner}.${last}`
  shaping.errors.push(new GraphQLError(`${what} ${where}.`, { path: [...shaping.path] }))
  return NULLED
}

/** Enums by their values, the five scalars by their kind; what a custom scalar is, only its subgraph knows. */
export class LeafShape implements Shape {
  readonly #type: GraphQLNamedType
  readonly #owner: string
  readonly #accepts: (value: unknown) => boolean

  constructor(type: GraphQLNamedType, owner: string) {
    this.#type = type
    this.#owner = owner
    this.#accepts = acceptanceOf(type)
  }

  complete(value: unknown, shaping: Shaping): unknown {
    if (value === null || value === undefined) return null
    return this.#accepts(value) ? value : complain(shaping, 'Invalid value found for', this.#owner, this.#type.name)
  }
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  Int: (value) => Number.isInteger(value),
  Float: (value) => Number.isFinite(value),
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  ID: (value) => typeof value === 'string' || Number.isInteger(value),
}

function acceptanceOf(type: GraphQLNamedType): (value: unknown) => boolean {
  if (isEnumType(type)) {
    const names = new Set(type.getValues().map(({ name }) => name))
    return (value) => typeof value === 'string' && names.has(value)
  }
  return (isSpecifiedScalarType(type) ? SCALARS[type.name] : undefined) ?? (() => true)
}

export class NonNullShape implements Shape {
  readonly #inner: Shape
  readonly #owner: string
  readonly #type: string

  constructor(inner: Shape, owner: string, type: string) {
    this.#inner = inner
    this.#owner = owner
    this.#type = type
  }

  complete(value: unknown, shaping: Shaping): unknown {
    const completed = this.#inner.complete(value, shaping)
    if (completed === null) complain(shaping, 'Cannot return null for non-nullable', this.#owner, this.#type)
    return completed === null || completed === NULLED ? BUBBLE : completed
  }
}

export class ListShape implements Shape {
  readonly #inner: Shape
  readonly #owner: string
  readonly #type: string

  constructor(inner: Shape, owner: string, type: string) {
    this.#inner = inner
    this.#owner = owner
    this.#type = type
  }

  complete(value: unknown, shaping: Shaping): unknown {
    if (value === null || value === undefined) return null
    if (!Array.isArray(value)) return complain(shaping, 'Invalid non-list value found for', this.#owner, this.#type)
    const { path } = shaping
    const elements = new Array<unknown>(value.length)
    let isWhole = true
    for (let index = 0; index < value.length; index++) {
      path.push(index)
      const element = this.#inner.complete(value[index], shaping)
      path.pop()
      if (element === BUBBLE) isWhole = false
      else elements[index] = element === NULLED ? null : element
    }
    return isWhole ? elements : NULLED
  }
}

/** One field of an object. */
export interface FieldShape {
  readonly key: string
  /** Where the subgraphs' answers have it. */
  readonly innerKey: string
  /** Null: always. */
  readonly alternatives: readonly Condition[] | null
  readonly shape: Shape
}

/** An object whose type is known. */
export class ObjectShape {
  readonly #fields: readonly FieldShape[]
  /** Some key is also one of every object: reading and writing it takes more care. */
  readonly #isDelicate: boolean

  constructor(fields: readonly FieldShape[]) {
    this.#fields = fields
    this.#isDelicate = fields.some(({ key, innerKey }) => isInherited(key) || isInherited(innerKey))
  }

  /** @returns the object, or `BUBBLE`. */
  completeFields(object: Plain, shaping: Shaping): Plain | typeof BUBBLE {
    const { path } = shaping
    const answer: Plain = this.#isDelicate ? Object.create(null) : {}
    for (const { key, innerKey, alternatives, shape } of this.#fields) {
      if (alternatives && !holds(alternatives, shaping.variables)) continue
      const value = this.#isDelicate && !Object.hasOwn(object, innerKey) ? null : object[innerKey]
      path.push(key)
      const completed = shape.complete(value, shaping)
      path.pop()
      if (completed === BUBBLE) return BUBBLE
      answer[key] = completed === NULLED ? null : completed
    }
    return answer
  }
}

/** An object, of a type that its `__typename` tells where the field's own type does not. */
export class CompositeShape implements Shape {
  readonly #schema: GraphQLSchema
  readonly #type: GraphQLNamedType
  readonly #owner: string
  readonly #shapeOf: (type: GraphQLNamedType) => ObjectShape
  readonly #shapes = new Map<string, ObjectShape>()

  constructor(
    schema: GraphQLSchema,
    type: GraphQLNamedType,
    owner: string,
    shapeOf: (type: GraphQLNamedType) => ObjectShape,
  ) {
    this.#schema = schema
    this.#type = type
    this.#owner = owner
    this.#shapeOf = shapeOf
    if (isObjectType(type)) this.#shapes.set(type.name, shapeOf(type))
  }

  complete(value: unknown, shaping: Shaping): unknown {
    if (value === null || value === undefined) return null
    const { name: declared } = this.#type
    if (!isPlain(value)) return complain(shaping, 'Invalid non-object value found for', this.#owner, declared)
    const { __typename: name = declared } = value
    const shape = typeof name === 'string' ? (this.#shapes.get(name) ?? this.#make(name)) : null
    if (!shape) return complain(shaping, 'Invalid __typename found for object at', this.#owner, declared)
    const completed = shape.completeFields(value, shaping)
    return completed === BUBBLE ? NULLED : completed
  }

  /** An object may be of any type that is seen here and belongs to the field's. */
  #make(name: string): ObjectShape | null {
    const type = this.#schema.getType(name)
    const isFit = type && (type === this.#type || this.#isPossible(type))
    if (!isFit) return null
    const shape = this.#shapeOf(type)
    this.#shapes.set(name, shape)
    return shape
  }

  #isPossible(type: GraphQLNamedType): boolean {
    const declared = this.#type
    if (!isObjectType(type) && !isInterfaceType(type)) return false
    return (isInterfaceType(declared) || 'getTypes' in declared) && this.#schema.isSubType(declared, type)
  }
}
