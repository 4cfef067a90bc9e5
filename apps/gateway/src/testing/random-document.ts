import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'

/** A number of at least 0 and below `below`. */
export type Pick = (below: number) => number

/** Picks that are the same for the same seed (a linear congruential generator; its high bits are used). */
export function picksOf(seed: number): Pick {
  let state = BigInt(seed) + 88_172_645_463_325_252n
  return (below) => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn
    return Number(state >> 33n) % below
  }
}

/** Writes operations that a schema allows, with the arguments that it demands: fields, aliases, fragments of both kinds, conditions. */
export class RandomDocument {
  readonly #schema: GraphQLSchema
  readonly #pick: Pick
  readonly #fragments: string[] = []

  constructor(schema: GraphQLSchema, pick: Pick) {
    this.#schema = schema
    this.#pick = pick
  }

  write(kind: 'query' | 'mutation'): string {
    const root = kind === 'query' ? this.#schema.getQueryType() : this.#schema.getMutationType()
    if (!root) throw new Error(`The schema has no ${kind}`)
    const set = this.#set(root, 4)
    return `${kind} Random($on: Boolean = true, $off: Boolean!) ${set} ${this.#fragments.join(' ')}`
  }

  #set(type: GraphQLCompositeType, depth: number): string {
    const selections = Array.from({ length: 1 + this.#pick(4) }, () => this.#selection(type, depth))
    return `{ ${selections.join(' ')} }`
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []
    const kind = this.#pick(10)
    if (depth > 0 && (kind < 2 || fields.length === 0)) return this.#fragment(type, depth)
    const field = fields[this.#pick(Math.max(1, fields.length))]
    return field === undefined || kind === 9 ? '__typename' : this.#field(field, depth)
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const alias = this.#pick(3) === 0 ? `x${this.#pick(1_000_000)}: ` : ''
    const result = getNamedType(field.type)
    const inner = isCompositeType(result) ? (depth > 0 ? this.#set(result, depth - 1) : '{ __typename }') : ''
    return `${alias}${field.name}${argumentsOf(field)} ${this.#condition()} ${inner}`
  }

  #fragment(type: GraphQLCompositeType, depth: number): string {
    const possible = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type, ...type.getInterfaces()]
    const target = possible[this.#pick(possible.length)] ?? type
    const set = this.#set(target, depth - 1)
    if (this.#pick(2) === 0) return `... on ${target.name} ${this.#condition()} ${set}`
    const name = `F${this.#fragments.length}`
    this.#fragments.push(`fragment ${name} on ${target.name} ${set}`)
    return `...${name} ${this.#condition()}`
  }

  #condition(): string {
    return (
      ['', '', '', '', '@include(if: $on)', '@skip(if: $off)', '@include(if: true)', '@skip(if: true)'][
        this.#pick(8)
      ] ?? ''
    )
  }
}

function argumentsOf({ args }: GraphQLField<unknown, unknown>): string {
  const given = args.filter(isRequiredArgument).map(({ name, type }) => `${name}: ${literalOf(type)}`)
  return given.length === 0 ? '' : `(${given.join(' ')})`
}

/** As little as a type lets one say. */
function literalOf(type: GraphQLInputType): string {
  const inner = getNullableType(type)
  if (isListType(inner)) return '[]'
  if (isEnumType(inner)) return inner.getValues()[0]?.name ?? 'null'
  if (!isInputObjectType(inner)) return inner.name === 'Boolean' ? 'true' : inner.name === 'Int' ? '1' : '"1"'
  const fields = Object.values(inner.getFields()).filter(isRequiredInputField)
  return `{ ${fields.map(({ name, type }) => `${name}: ${literalOf(type)}`).join(' ')} }`
}
