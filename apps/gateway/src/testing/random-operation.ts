import { seededRandom } from '@opsource/kernel'
import {
  type GraphQLArgument,
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

/** Picks that are the same for the same seed. */
export function picksOf(seed: number): Pick {
  const random = seededRandom(seed)
  return (below) => Math.floor(random.next() * 2 ** 32) % below
}

/** What an operation may use, and declares where it does. */
const VARIABLES = ['$yes: Boolean!', '$no: Boolean = false', '$count: Int = 2']

/** Writes operations that a schema allows, arguments and all: fields, aliases, fragments of both kinds, conditions. */
export class RandomOperation {
  readonly #schema: GraphQLSchema
  readonly #pick: Pick
  readonly #fragments: string[] = []
  #names = 0
  readonly #isTricky: boolean
  #budget: number

  /** @param size about how many fields there are, and whether some are conditional or go by the name of another. */
  constructor(schema: GraphQLSchema, pick: Pick, size: { readonly fields: number; readonly isTricky: boolean }) {
    this.#schema = schema
    this.#pick = pick
    this.#budget = size.fields
    this.#isTricky = size.isTricky
  }

  write(kind: 'query' | 'mutation' = 'query'): string {
    const root = kind === 'query' ? this.#schema.getQueryType() : this.#schema.getMutationType()
    if (!root) throw new Error(`The schema has no ${kind}`)
    const body = `${this.#set(root, 5)} ${this.#fragments.join(' ')}`
    const used = VARIABLES.filter((variable) => body.includes(variable.split(':', 1)[0] ?? ''))
    return `${kind} Random${used.length > 0 ? `(${used.join(', ')})` : ''} ${body}`
  }

  #set(type: GraphQLCompositeType, depth: number): string {
    const count = 1 + this.#pick(isAbstractType(type) ? 3 : 5)
    const selections = Array.from({ length: count }, () => this.#selection(type, depth))
    return `{ ${selections.join(' ')} }`
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []
    const kind = this.#pick(12)
    if (depth > 0 && (kind < 2 || fields.length === 0)) return this.#fragment(type, depth - 1)
    const field = fields[this.#pick(Math.max(1, fields.length))]
    if (field === undefined || kind === 11 || this.#budget < 0) return '__typename'
    // Some go by the name of another.
    const other = this.#isTricky && this.#pick(12) === 0 ? fields[this.#pick(fields.length)] : undefined
    return this.#field(field, depth, other ? `${other.name}: ` : null)
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number, given: string | null): string {
    this.#budget--
    const result = getNamedType(field.type)
    const inner = isCompositeType(result) ? (depth > 0 ? this.#set(result, depth - 1) : '{ __typename }') : ''
    const values = this.#arguments(field.args)
    // Fields of one name and other arguments, or of another type elsewhere, would not merge.
    const isOwn = values !== '' || isCompositeType(result) || this.#pick(4) === 0
    const alias = given ?? (isOwn ? `x${this.#names++}: ` : '')
    return `${alias}${field.name}${values} ${this.#condition()} ${inner}`
  }

  #fragment(type: GraphQLCompositeType, depth: number): string {
    const narrower = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : []
    const on = this.#pick(4) === 0 ? type : (narrower[this.#pick(Math.max(1, narrower.length))] ?? type)
    const body = this.#set(on, depth)
    if (this.#pick(3) > 0) return `... on ${on.name} ${this.#condition()} ${body}`
    const name = `F${this.#names++}`
    this.#fragments.push(`fragment ${name} on ${on.name} ${body}`)
    return `...${name} ${this.#condition()}`
  }

  #condition(): string {
    const conditions = [
      '@include(if: $yes)',
      '@skip(if: $no)',
      '@skip(if: $yes)',
      '@include(if: true)',
      '@include(if: $no)',
    ]
    return this.#isTricky && this.#pick(5) === 0 ? (conditions[this.#pick(conditions.length)] ?? '') : ''
  }

  #arguments(given: readonly GraphQLArgument[]): string {
    const texts = given.flatMap((argument) =>
      isRequiredArgument(argument) || this.#pick(3) === 0 ? [`${argument.name}: ${this.#value(argument.type, 3)}`] : [],
    )
    return texts.length === 0 ? '' : `(${texts.join(', ')})`
  }

  #value(type: GraphQLInputType, depth: number): string {
    const nullable = getNullableType(type)
    if (isListType(nullable)) {
      return `[${Array.from({ length: this.#pick(3) }, () => this.#value(nullable.ofType, depth - 1)).join(', ')}]`
    }
    if (isEnumType(nullable)) return nullable.getValues()[this.#pick(nullable.getValues().length)]?.name ?? 'null'
    if (isInputObjectType(nullable)) {
      const fields = Object.values(nullable.getFields()).filter(
        (field) => isRequiredInputField(field) || (this.#pick(4) === 0 && depth > 0),
      )
      return `{ ${fields.map((field) => `${field.name}: ${this.#value(field.type, depth - 1)}`).join(', ')} }`
    }
    const number = this.#pick(9)
    if (nullable.name === 'Int') return number > 6 ? '$count' : `${number}`
    if (nullable.name === 'Float') return `${number}.5`
    if (nullable.name === 'Boolean') return number % 2 === 0 ? 'true' : 'false'
    return `"a-${number}"`
  }
}
