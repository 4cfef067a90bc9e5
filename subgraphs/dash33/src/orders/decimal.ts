import { fault } from '@opsource/subgraph'
import { GraphQLScalarType, Kind } from 'graphql'

/**
 * `Decimal` as the exchange reads it: any text gets as far as the resolver, which refuses it as data, at its field, without
 * losing the rest of a batch. Anything but text is a fault, since a float has lost digits already.
 */
export const decimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  parseValue: textOf,
  parseLiteral: (node) => textOf(node.kind === Kind.STRING ? node.value : undefined),
  serialize: textOf,
})

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw fault('BAD_USER_INPUT', 'Decimal is a string such as "61837.63", so that no float loses digits.')
}
