import { parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { guardedSdl } from '../testing/guarded-graph.ts'
import { compose } from './composition.ts'
import { acceptEnforced } from './enforced-specs.ts'
import { Graph } from './graph.ts'

const composed = compose([{ name: 'guarded', url: 'http://guarded', sdl: guardedSdl }])
if (!composed.ok) throw new Error(JSON.stringify(composed.error))
const sdl = acceptEnforced(composed.value)
const graph = new Graph(sdl)

const isPublic = (text: string, asked = graph) => {
  const document = parse(text)
  expect(validate(asked.schema, document)).toEqual([])
  return asked.isPublic(document)
}

it('what nobody must prove who they are for is the same for all', () => {
  expect(isPublic('{ open { id price } opens { id } __schema { types { name } } }')).toBe(true)
  expect(isPublic('subscription { ticks { at place { id } } }')).toBe(true)
})

it.each([
  ['a field with a rule', '{ open { id audit } }'],
  ['a type with a rule', '{ secret { name } }'],
  ['a scalar with a rule', '{ code }'],
  ['an enum with a rule', '{ level }'],
  ['a member of a union', '{ any { __typename } }'],
  ['an implementation', '{ nodes { id } }'],
  ['a type that is open in one place only', 'mutation { enter { person { id } } }'],
  ['what introspection may name', '{ __type(name: "Open") { name } }'],
])('%s makes an answer its caller’s own', (_, text) => {
  expect(isPublic(text)).toBe(false)
})

it('a rule counts under whatever name it is linked', () => {
  const renamed = sdl
    .replace('authenticated/v0.1"', 'authenticated/v0.1", as: "signedIn"')
    .replaceAll('@authenticated', '@signedIn')
    .replace('policy/v0.1"', 'policy/v0.1", import: [{ name: "@policy", as: "@asks" }]')
    .replaceAll('@policy', '@asks')
    .replace('name: "@asks"', 'name: "@policy"')
  const other = new Graph(renamed)
  for (const text of ['{ token }', '{ lucky }', '{ level }', '{ code }']) {
    expect(isPublic(text, other)).toBe(false)
  }
  expect(isPublic('{ open { id } }', other)).toBe(true)
})
