import { parse } from 'graphql'
import { expect, it } from 'vitest'
import { compose } from '../supergraph/composition.ts'
import { acceptEnforced } from '../supergraph/enforced-specs.ts'
import { Graph } from '../supergraph/graph.ts'
import { guardedSdl } from '../testing/guarded-graph.ts'
import { KnownOperations } from './known.ts'

const composed = compose([{ name: 'guarded', url: 'http://guarded', sdl: guardedSdl }])
if (!composed.ok) throw new Error(JSON.stringify(composed.error))
const graph = new Graph(acceptEnforced(composed.value))

function knownOf(...texts: readonly { readonly query: string; readonly operationName: string | null }[]) {
  const known = new KnownOperations()
  known.take(graph)
  for (const text of texts) known.learn(text, parse(text.query), graph.schema)
  return known
}

const LISTED = 'query Listed { open { id } }'

it('an operation is known by its text and its name', () => {
  const known = knownOf({ query: LISTED, operationName: null }, { query: LISTED, operationName: 'Listed' })
  expect(known.find({ query: LISTED, operationName: null })?.name).toBe(null)
  expect(known.find({ query: LISTED, operationName: 'Listed' })?.name).toBe('Listed')
  expect(known.find({ query: LISTED, operationName: 'Other' })).toBeUndefined()
})

it('a name that holds part of a text does not make another text of the rest', () => {
  const unlisted = 'query Unlisted { open { price } }'
  const known = knownOf(
    { query: `${unlisted}\n${LISTED}`, operationName: 'Unlisted' },
    { query: `${unlisted}\n#`, operationName: null },
  )
  expect(known.find({ query: LISTED, operationName: `Unlisted\n${unlisted}` })).toBeUndefined()
  expect(known.find({ query: '#', operationName: unlisted })).toBeUndefined()
  expect(known.find({ query: `Unlisted\n${unlisted}\n${LISTED}`, operationName: null })).toBeUndefined()
})

it('what is in use stays known, however many long texts come, and those do not all', () => {
  const known = knownOf({ query: LISTED, operationName: null })
  const longs = Array.from({ length: 600 }, (_, index) => `{ open { id } } #${index}${' '.repeat(5_000)}`)
  for (const query of longs) {
    known.learn({ query, operationName: null }, parse(query), graph.schema)
    expect(known.find({ query: LISTED, operationName: null })).toBeDefined()
  }
  expect(longs.filter((query) => known.find({ query, operationName: null })).length).toBeLessThan(300)
})

it('a text too long to be remembered is learned each time', () => {
  const query = `{ open { id } } #${' '.repeat(20_000)}`
  const known = knownOf()
  expect(known.learn({ query, operationName: null }, parse(query), graph.schema)?.policy).toBe(null)
  expect(known.find({ query, operationName: null })).toBeUndefined()
})
