import type { ClientBase } from 'pg'
import { COMMANDS_PER_PAGE, PageQuery } from './page-query.ts'
import type { JournalRow } from './rows.ts'
import type { Spelled } from './spelled-batch.ts'

/** Signature, flags and the length of an extension that nobody has made yet: PostgreSQL's binary form of COPY. */
const HEADER_BYTES = 19
const END_OF_ROWS = -1
const TWO_TO_32 = 4_294_967_296
const LENGTH_BYTES = 4
const WHOLE_BYTES = 8
// Where the fields of a row begin: each after its length, and all after their number.
const FIRST_SEQUENCE = 2 + LENGTH_BYTES
const LAST_SEQUENCE = FIRST_SEQUENCE + WHOLE_BYTES + LENGTH_BYTES
const EPOCH = LAST_SEQUENCE + WHOLE_BYTES + LENGTH_BYTES
const PAYLOAD = EPOCH + WHOLE_BYTES + LENGTH_BYTES

/** Of what a page took, the room that the next one gets: more would be garbage, which the collectors of two threads are driven by, and less be copied as it grows. */
const ROOM = 1.25

/** So much of the journal as is fetched at once. */
export interface JournalPage {
  /** As it came. */
  readonly bytes: Buffer<ArrayBuffer>
  readonly rows: readonly JournalRow[]
}

export type Connection = Pick<ClientBase, 'query'>

/** The page of the batches that begin after `sequence`; empty where there are none. @param room see `PageQuery` */
export async function fetchPage(connection: Connection, sequence: number, room?: number): Promise<JournalPage> {
  const query = new PageQuery(sequence, room)
  // A pool's answer is a promise of its own: it also tells that there was no connection.
  const [bytes] = await Promise.all([query.bytes, connection.query(query)])
  return { bytes, rows: rowsOf(bytes) }
}

/** The last row of a page that more may follow, or null. */
export function fullTo({ rows }: JournalPage): JournalRow | null {
  const last = rows.at(-1)
  return last && last.lastSequence - rows[0]!.firstSequence + 1 >= COMMANDS_PER_PAGE ? last : null
}

/** A page and those that follow it; each is fetched while the one before is worked on. */
export async function* pagesFrom(connection: Connection, first: Promise<JournalPage>): AsyncGenerator<JournalPage> {
  for (let next: Promise<JournalPage> | null = first; next !== null; ) {
    const page: JournalPage = await next
    const last = fullTo(page)
    next = last && fetchPage(connection, last.lastSequence, Math.ceil(page.bytes.length * ROOM))
    // Heard of when it is awaited.
    next?.catch(() => undefined)
    if (page.rows.length > 0) yield page
  }
}

/** Rows of the journal where PostgreSQL's binary COPY spells them: what nobody asks for is not taken apart. */
export function rowsOf(bytes: Buffer): SpelledRow[] {
  const rows: SpelledRow[] = []
  let at = HEADER_BYTES
  while (bytes.readInt16BE(at) !== END_OF_ROWS) {
    const row = new SpelledRow(bytes, at)
    rows.push(row)
    at = row.end
  }
  return rows
}

class SpelledRow implements JournalRow {
  readonly firstSequence: number
  readonly lastSequence: number
  spelled: Spelled | undefined
  readonly #bytes: Buffer
  readonly #start: number
  readonly #digest: number
  readonly #previousHash: number
  readonly #hash: number

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes
    this.#start = start
    this.firstSequence = wholeAt(bytes, start + FIRST_SEQUENCE)
    this.lastSequence = wholeAt(bytes, start + LAST_SEQUENCE)
    this.#digest = this.#after(start + PAYLOAD)
    this.#previousHash = this.#after(this.#digest)
    this.#hash = this.#after(this.#previousHash)
  }

  get epoch(): number {
    return wholeAt(this.#bytes, this.#start + EPOCH)
  }

  get payload(): Uint8Array {
    return this.#field(this.#start + PAYLOAD)
  }

  get digestBefore(): string {
    return this.#bytes.toString('latin1', this.#digest, this.#after(this.#digest) - LENGTH_BYTES)
  }

  get previousHash(): Uint8Array {
    return this.#field(this.#previousHash)
  }

  get hash(): Uint8Array {
    return this.#field(this.#hash)
  }

  /** Where the next row begins. */
  get end(): number {
    return this.#after(this.#hash) - LENGTH_BYTES
  }

  /** @param start of the field itself, behind its length. @returns the same of the field after it */
  #after(start: number): number {
    return start + this.#bytes.readInt32BE(start - LENGTH_BYTES) + LENGTH_BYTES
  }

  #field(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#after(start) - LENGTH_BYTES)
  }
}

function wholeAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4)
}
