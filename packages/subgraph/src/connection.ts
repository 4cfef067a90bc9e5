import { z } from 'zod'
import { fault } from './errors.ts'

/** No page of any connection is larger, whatever the client asks for. A domain may set its own limit below or above it. */
export const MAX_PAGE_SIZE = 100
/** A cursor holds a few short keys. */
const MAX_CURSOR_CHARACTERS = 512

const cursorSchema = z
  .array(z.union([z.string(), z.number()]))
  .min(1)
  .max(4)

/** The keyset that a row is sorted by, in order: what `after` continues behind. */
export type CursorKeys = readonly (string | number)[]

/** How many rows to read, and behind which keys to begin. */
export interface Page {
  /** Read this many and one more, so that `connection` can tell whether there is a next page. */
  readonly first: number
  readonly after: CursorKeys | null
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

/** Reads `first` and `after`. Throws BAD_USER_INPUT where the size is out of range or the cursor was not made here. */
export function pageOf(
  args: { first?: number | null | undefined; after?: string | null | undefined },
  limits: { defaultSize?: number; maxSize?: number; keys?: number } = {},
): Page {
  const maxSize = limits.maxSize ?? MAX_PAGE_SIZE
  const first = args.first ?? limits.defaultSize ?? 20
  if (!Number.isInteger(first) || first < 1 || first > maxSize)
    throw fault('BAD_USER_INPUT', `\`first\` is from 1 to ${maxSize}.`)
  const after = args.after == null ? null : readCursor(args.after)
  if (after !== null && limits.keys !== undefined && after.length !== limits.keys) throw strangeCursor()
  return { first, after }
}

/** Makes a page out of at most `first + 1` rows. */
export function connection<T>(rows: readonly T[], page: Page, keysOf: (row: T) => CursorKeys): Connection<T> {
  const edges = rows.slice(0, page.first).map((node) => ({ cursor: writeCursor(keysOf(node)), node }))
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.first,
      hasPreviousPage: page.after !== null,
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

function readCursor(cursor: string): CursorKeys {
  if (cursor.length > MAX_CURSOR_CHARACTERS) throw strangeCursor()
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw strangeCursor()
  }
}

function strangeCursor(): Error {
  return fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
}
