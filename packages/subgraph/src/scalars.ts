import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql'

/** 38 digits (NUMERIC(38,0)), a sign and a point. */
const MAX_DECIMAL_CHARACTERS = 40
const PLAIN_DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?$/
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

function refuse(message: string): never {
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}

/** Shows what came in without echoing much of it. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `"${(text ?? 'undefined').slice(0, 48)}"`
}

function decimal(value: unknown): string {
  if (typeof value !== 'string') return refuse('Decimal is a string such as "61837.63", so that no float loses digits.')
  if (value.length > MAX_DECIMAL_CHARACTERS) {
    return refuse(`Decimal has at most ${MAX_DECIMAL_CHARACTERS} characters; this has ${value.length}.`)
  }
  if (!PLAIN_DECIMAL.test(value)) return refuse(`${shown(value)} is not a plain decimal such as "61837.63".`)
  return value
}

function dateTime(value: unknown): string {
  const time = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time)) return refuse(`${shown(value)} is not a moment such as "2024-08-08T23:54:14.000Z".`)
  return new Date(time).toISOString()
}

function sequence(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    return refuse(`${shown(value)} is not a whole number from 0 to 2^53 - 1.`)
  }
  return value
}

function text(node: ValueNode): unknown {
  return node.kind === Kind.STRING ? node.value : refuse('This is written as a string.')
}

/** Money and prices: a plain decimal string on both sides, at most 40 characters. */
export const decimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  parseValue: decimal,
  parseLiteral: (node) => decimal(text(node)),
  serialize: decimal,
})

/** RFC 3339. Any offset is read; UTC with milliseconds is written. A `Date` is written too. */
export const dateTimeScalar = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  parseValue: dateTime,
  parseLiteral: (node) => dateTime(text(node)),
  serialize: (value) => dateTime(value instanceof Date ? value.toISOString() : value),
})

/** 0 to 2^53 - 1. A `bigint` within that range is written too. */
export const sequenceScalar = new GraphQLScalarType<number, number>({
  name: 'Sequence',
  parseValue: sequence,
  parseLiteral: (node) => sequence(node.kind === Kind.INT ? Number(node.value) : undefined),
  serialize: (value) => sequence(typeof value === 'bigint' ? Number(value) : value),
})

export const scalars = { Decimal: decimalScalar, DateTime: dateTimeScalar, Sequence: sequenceScalar }
