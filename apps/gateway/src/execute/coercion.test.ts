import fc from 'fast-check'
import { buildSchema, getOperationAST, getVariableValues, parse } from 'graphql'
import { expect, it } from 'vitest'
import { compileCoercion } from './coercion.ts'

const schema = buildSchema(`
  enum Side { BUY SELL }
  input Range { from: Int }
  scalar Price
  type Query { a: Int b: Float c: ID }
`)

function coercionOf(definitions: string) {
  const operation = getOperationAST(parse(`query (${definitions}) { a }`))
  if (!operation) throw new Error('there is no operation')
  return { coerce: compileCoercion(operation, schema), definitions: operation.variableDefinitions ?? [] }
}

it('coerces as graphql-js does, or leaves it to it', () => {
  const { coerce, definitions } = coercionOf(
    '$int: Int, $float: Float!, $string: String = "x", $boolean: Boolean = true, $id: ID, $side: Side, $must: Side!',
  )
  const odd = fc.constantFrom(
    null,
    undefined,
    true,
    'BUY',
    'NONE',
    '',
    1,
    1.5,
    2 ** 31,
    -(2 ** 31),
    Number.NaN,
    [1],
    {},
  )
  const wellChosen = fc.record(
    {
      int: fc.integer(),
      float: fc.double(),
      string: fc.string(),
      boolean: fc.boolean(),
      id: fc.string(),
      side: fc.constant('SELL'),
      must: fc.constant('BUY'),
    },
    { requiredKeys: ['float', 'must'] },
  )
  const names = ['int', 'float', 'string', 'boolean', 'id', 'side', 'must', 'more']
  let plain = 0
  fc.assert(
    fc.property(wellChosen, fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 2 }), (chosen, changed) => {
      const variables = { ...chosen, ...changed }
      const ours = coerce?.(variables) ?? null
      if (ours === null) return
      plain++
      expect({ coerced: ours }).toEqual(getVariableValues(schema, definitions, variables))
    }),
    { numRuns: 2_000, seed: 7 },
  )
  expect(plain).toBeGreaterThan(200)
  expect(coerce?.({ float: 1, must: 'BUY', string: 'a', boolean: false })).toEqual({
    float: 1,
    must: 'BUY',
    string: 'a',
    boolean: false,
  })
})

it.each(['$a: [Int]', '$a: Range', '$a: Price', '$a: Int, $constructor: Int'])(
  'leaves all of %s to graphql-js',
  (definitions) => {
    expect(coercionOf(definitions).coerce).toBeNull()
  },
)
