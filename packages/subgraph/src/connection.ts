import { z } from 'zod'
import { fault } from './errors.ts'

/** No page of any connection is larger, whatever the client asks for. A domain may set its own limit below or above it. */
export const MAX_PAGE_SIZE = 100
/** A cursor holds a few short keys. */
const MAX_CURSOR_CHARACTERS = 512

/** No text in the database holds the one character that PostgreSQL refuses. */
const textKey = z.string().refine((key) => !key.includes('\0'))
const cursorSchema = z
  .array(z.union([textKey, z.number()]))
  .min(1)
  .max(4)

/** The keyset that a row is sorted by, in order: what `after` continues behind. */
export type CursorKeys = readonly (string | number)[]

/** Which rows to read: those behind `after` and ahead of `before`, in the connection's order or, `backward`, in the opposite one. */
export interface Page {
  /** Read this many and one more, so that `connection` can tell whether there is another page. */
  readonly first: number
  readonly after: CursorKeys | null
  readonly before: CursorKeys | null
  /** `last` was asked for: read from the end (or from `before`) towards the beginning. */
  readonly backward: boolean
}

export interface Connection<T> {
  readonly edges: { readonly cursor: string; readonly node: T }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

type Given<T> = T | null | undefined

/**
 * Reads `first` and `after`, or `last` and `before` (GraphQL Cursor Connections Specification, section 4).
 * Throws BAD_USER_INPUT where the size is out of range, both sizes are given, or a cursor was not made here.
 */
export function pageOf(
  args: { first?: Given<number>; after?: Given<string>; last?: Given<number>; before?: Given<string> },
  limits: { defaultSize?: number; maxSize?: number; keys?: number } = {},
): Page {
  if (args.first != null && args.last != null) {
    throw fault('BAD_USER_INPUT', 'Either `first` or `last` is given, not both.')
  }
  const maxSize = limits.maxSize ?? MAX_PAGE_SIZE
  const backward = args.last != null
  const size = args.last ?? args.first ?? limits.defaultSize ?? 20
  if (!Number.isInteger(size) || size < 1 || size > maxSize) {
    throw fault('BAD_USER_INPUT', `\`${backward ? 'last' : 'first'}\` is from 1 to ${maxSize}.`)
  }
  const after = cursorOf('after', args.after, limits.keys)
  return { first: size, after, before: cursorOf('before', args.before, limits.keys), backward }
}

/** Makes a page out of at most `first + 1` rows, which come in the order in which they were read: of a page read backward the last first. */
export function connection<T>(rows: readonly T[], page: Page, keysOf: (row: T) => CursorKeys): Connection<T> {
  const shown = rows.slice(0, page.first)
  if (page.backward) shown.reverse()
  const edges = shown.map((node) => ({ cursor: writeCursor(keysOf(node)), node }))
  const hasMore = rows.length > page.first
  return {
    edges,
    pageInfo: {
      hasNextPage: page.backward ? page.before !== null : hasMore,
      hasPreviousPage: page.backward ? hasMore : page.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

/** Reads a cursor's key as a whole number. Throws BAD_USER_INPUT where it is none. */
export function wholeKey(key: string | number | undefined): number {
  if (typeof key !== 'number' || !Number.isSafeInteger(key)) throw strangeCursor()
  return key
}

function writeCursor(keys: CursorKeys): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url')
}

function cursorOf(argument: string, cursor: Given<string>, keys: number | undefined): CursorKeys | null {
  if (cursor == null) return null
  const read = readCursor(cursor)
  if (read !== null && (keys === undefined || read.length === keys)) return read
  throw fault('BAD_USER_INPUT', `\`${argument}\` is not a cursor of this connection.`)
}

function readCursor(cursor: string): CursorKeys | null {
  if (cursor.length > MAX_CURSOR_CHARACTERS) return null
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    return null
  }
}

function strangeCursor(): Error {
  return fault('BAD_USER_INPUT', 'That is not a cursor of this connection.')
}
