import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { shopSupergraph } from '../testing/federated-shop.ts'
import { Graph } from './graph.ts'

const sdl = shopSupergraph()
const graph = new Graph(sdl)

describe('a graph', () => {
  it('is known by its supergraph, on every gateway', () => {
    expect(new Graph(sdl).id).toBe(graph.id)
    expect(new Graph(`${sdl}\n# another`).id).not.toBe(graph.id)
    expect(() => new Graph('type Query { a: Int }')).toThrow()
  })

  it('compiles an operation once, and once for each part of it that may be had', () => {
    const document = parse('query A { version } query B { best { name } }')
    const part = parse('query B { __typename }')
    expect(graph.compile(document, 'A')).toBe(graph.compile(document, 'A'))
    expect(graph.compile(document, 'B')).not.toBe(graph.compile(document, 'A'))
    expect(graph.compile(document, 'B', part)).toBe(graph.compile(document, 'B', part))
    expect(graph.compile(document, 'B', part)).not.toBe(graph.compile(document, 'B'))
    expect(graph.compile(document, 'A', null).variant({}).plan).toBeNull()
    expect(() => graph.compile(document, 'C')).toThrow('Unknown operation named "C"')
    expect(() => graph.compile(document, null)).toThrow('Must provide an operation')
  })

  it('keeps what is in use, and of long operations fewer than of short ones', () => {
    const used = parse('{ version }')
    const compiled = graph.compile(used, null)
    const isKeptBeside300 = (text: string) => {
      const document = parse(text)
      const first = graph.compile(document, null)
      for (let more = 0; more < 300; more++) {
        graph.compile(parse(text), null)
        expect(graph.compile(used, null)).toBe(compiled)
      }
      return graph.compile(document, null) === first
    }
    expect(isKeptBeside300('{ version }')).toBe(true)
    expect(isKeptBeside300(`{ version ${' '.repeat(5_000)} }`)).toBe(false)
  })

  it('plans an operation for each set of answers to its conditions that is in use', () => {
    const operation = graph.compile(
      parse('query($a: Boolean!, $b: Boolean = true) { version @include(if: $a) best { name @skip(if: $b) } }'),
      null,
    )
    operation.warm()
    expect(operation.variant({ a: true, b: true })).toBe(operation.variant({ a: true, b: true }))
    expect(operation.variant({ a: true, b: true })).not.toBe(operation.variant({ a: false, b: true }))
    expect(operation.coerce({ a: 1 })).toMatchObject({ errors: [{}] })
    expect(operation.coerce({ a: true })).toEqual({ coerced: { a: true, b: true } })
  })
})
