import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CursorKeys, connection, pageOf } from './connection.ts'

/** Rows with a two-part key, as a store would read them: newest first, behind the cursor, one more than asked for. */
const rows = Array.from({ length: 57 }, (_, n) => ({
  time: 1_000 - Math.floor(n / 3),
  id: `row_${String(n).padStart(3, '0')}`,
}))
const keysOf = (row: { time: number; id: string }): CursorKeys => [row.time, row.id]
function read(first: number, after: string | null) {
  const page = pageOf({ first, after }, { keys: 2 })
  const start =
    page.after === null ? 0 : rows.findIndex((row) => row.time === page.after?.[0] && row.id === page.after?.[1]) + 1
  return connection(rows.slice(start, start + page.first + 1), page, keysOf)
}

/** The same rows read from the end. */
function readBack(last: number, before: string | null) {
  const page = pageOf({ last, before }, { keys: 2 })
  const at = rows.findIndex((row) => row.time === page.before?.[0] && row.id === page.before?.[1])
  const ahead = rows.slice(0, at === -1 ? rows.length : at).reverse()
  return connection(ahead.slice(0, page.first + 1), page, keysOf)
}

describe('a connection', () => {
  it('walked backward gives every row once, each page in the order of the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (size) => {
        let seen: string[] = []
        for (let before: string | null = null; ; ) {
          const { edges, pageInfo } = readBack(size, before)
          seen = [...edges.map(({ node }) => node.id), ...seen]
          expect(pageInfo.hasNextPage).toBe(before !== null)
          if (!pageInfo.hasPreviousPage) break
          before = pageInfo.startCursor
        }
        expect(seen).toEqual(rows.map(({ id }) => id))
      }),
    )
  })
  it('refuses to be read in both directions at once, and a `last` out of range', () => {
    expect(() => pageOf({ first: 1, last: 1 })).toThrow('not both')
    expect(() => pageOf({ last: 101 })).toThrow('`last` is from 1 to 100')
    expect(() => pageOf({ before: 'zzz' })).toThrow('`before` is not a cursor')
  })
  it('walked page by page gives every row once and in order, whatever the size of the page', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (size) => {
        const seen: string[] = []
        for (let after: string | null = null; ; ) {
          const page = read(size, after)
          seen.push(...page.edges.map(({ node }) => node.id))
          if (!page.pageInfo.hasNextPage) break
          after = page.pageInfo.endCursor
        }
        expect(seen).toEqual(rows.map(({ id }) => id))
      }),
    )
  })
  it('of nothing has no cursors and no neighbours', () => {
    expect(connection([], pageOf({}), keysOf)).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    })
  })
  it.each([0, -1, 101, 1.5, Number.NaN])('refuses a page of %d', (first) => {
    expect(() => pageOf({ first })).toThrow('`first` is from 1 to 100')
  })
  it('allows more where the domain does', () => {
    expect(pageOf({ first: 500 }, { maxSize: 500 }).first).toBe(500)
  })
  it('refuses a cursor of another connection, whose key has other parts', () => {
    const foreign = connection([{ time: 1, id: 'x' }], pageOf({}), ({ id }) => [id]).pageInfo.endCursor
    expect(() => pageOf({ after: foreign }, { keys: 2 })).toThrow('not a cursor')
  })
  it('refuses a key that no row can have, before the database does', () => {
    const after = Buffer.from('[1,"ord_\\u0000"]').toString('base64url')
    expect(() => pageOf({ after }, { keys: 2 })).toThrow('not a cursor')
  })
  it('refuses whatever is no cursor, as bad input', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (after) => {
        try {
          pageOf({ after })
          return false
        } catch (error) {
          return error instanceof Error && error.message.includes('not a cursor')
        }
      }),
    )
  })
})
