import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { lintGraph, lintSchema } from './lint.ts'
import { mergeSchema } from './merge.ts'

const subgraphs = path.resolve(import.meta.dirname, '../../../../subgraphs')
const domains = readdirSync(subgraphs)
const merged = domains.map((domain) => mergeSchema(path.join(subgraphs, domain, 'src')))
const coordinates = (sdl: string) => lintSchema(sdl).map(({ coordinate }) => coordinate)

describe('the schemas of the domains', () => {
  it.each(domains.map((domain, n) => [domain, merged[n] ?? '']))('%s keeps the house rules', (_, sdl) => {
    expect(lintSchema(sdl)).toEqual([])
  })
  it('describe every type in at least one subgraph', () => {
    expect(lintGraph(merged)).toEqual([])
  })
  it('merge to the same text every time', () => {
    expect(domains.map((domain) => mergeSchema(path.join(subgraphs, domain, 'src')))).toEqual(merged)
  })
})

describe('what is not described is found', () => {
  it.each([
    ['a type', 'type A { "." b: Int }', 'A'],
    ['a field', '"." type A { b: Int }', 'A.b'],
    ['an argument', '"." type A { "." b(c: Int): Int }', 'A.b(c:)'],
    ['an enum', 'enum E { "." X }', 'E'],
    ['an enum value', '"." enum E { X }', 'E.X'],
    ['an input', 'input I { "." x: Int }', 'I'],
    ['an input field', '"." input I { x: Int }', 'I.x'],
    ['a union', '"." type A { "." b: Int } union U = A', 'U'],
    ['an interface', 'interface N { "." b: Int }', 'N'],
    ['a scalar', 'scalar S', 'S'],
    ['a directive', 'directive @d on OBJECT', '@d'],
    ['a field of an extension', 'extend type A { b: Int }', 'A.b'],
    ['what has an empty description', '" " scalar S', 'S'],
  ])('%s', (_, sdl, coordinate) => {
    expect(coordinates(sdl)).toEqual([coordinate])
  })
})

describe('who may have it must be said', () => {
  it.each([
    ['of a root field', 'extend type Query { "." a: Int }', ['Query.a']],
    ['of a mutation', 'extend type Mutation { "." a: Int }', ['Mutation.a']],
    ['of a subscription', 'extend type Subscription { "." a: Int }', ['Subscription.a']],
    ['of an entity', 'type A @key(fields: "b") { "." b: Int }', ['A']],
    [
      'but not of an entity that is not resolved here',
      'type A @key(fields: "b", resolvable: false) { "." b: Int }',
      [],
    ],
    ['but not of a plain type', '"." type A { "." b: Int }', []],
    [
      'and may be any of three',
      'extend type Query { "." a: Int @public "." b: Int @authenticated "." c: Int @requiresScopes(scopes: [["s"]]) }',
      [],
    ],
  ])('%s', (_, sdl, expected) => {
    expect(coordinates(sdl)).toEqual(expected)
  })
})
