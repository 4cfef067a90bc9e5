import type { Connection, Submittable } from 'pg'
import type { JournalRow } from './rows.ts'

/** Commands that a page begins to hold; its last batch may go beyond. So few that the next page is there before they are applied. */
export const COMMANDS_PER_PAGE = 8_192
/** Signature, flags and the length of an extension that nobody has made yet: PostgreSQL's binary form of COPY. */
const HEADER_BYTES = 19
const END_OF_ROWS = -1
const INITIAL_BYTES = 65_536
const TWO_TO_32 = 4_294_967_296

/**
 * A page of the journal by COPY in its binary form: as text each byte of a payload would be two digits, and taking rows apart would cost more than
 * applying them.
 */
export class PageQuery implements Submittable {
  /** Resolves with the rows; what they hold are views of one piece of memory. */
  readonly rows: Promise<JournalRow[]>
  /** Set by the client or pool that it is given to. */
  callback: ((error: Error | undefined, result?: unknown) => void) | undefined
  private readonly text: string
  private readonly settle: PromiseWithResolvers<JournalRow[]>
  private bytes = Buffer.allocUnsafe(INITIAL_BYTES)
  private length = 0

  /** @param after the page begins with the first batch that begins later */
  constructor(after: number) {
    if (!Number.isSafeInteger(after)) throw new RangeError(`${after} is no sequence`)
    // COPY takes no parameters.
    this.text = `COPY (
      SELECT first_seq, last_seq, epoch, payload, digest_before, prev_hash, hash FROM journal_batch
      WHERE first_seq > ${after}
        AND first_seq < ${COMMANDS_PER_PAGE} + (SELECT min(first_seq) FROM journal_batch WHERE first_seq > ${after})
      ORDER BY first_seq) TO STDOUT (FORMAT binary)`
    this.settle = Promise.withResolvers()
    this.rows = this.settle.promise
  }

  submit(connection: Connection): void {
    connection.query(this.text)
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.length + chunk.length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + chunk.length))
      this.bytes.copy(larger, 0, 0, this.length)
      this.bytes = larger
    }
    this.length += chunk.copy(this.bytes, this.length)
  }

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.settle.reject(error)
    this.callback?.(error)
  }

  handleReadyForQuery(): void {
    try {
      this.settle.resolve(rowsOf(this.bytes.subarray(0, this.length)))
    } catch (error) {
      this.settle.reject(error)
    }
    this.callback?.(undefined)
  }
}

function rowsOf(bytes: Buffer): JournalRow[] {
  const rows: JournalRow[] = []
  let at = HEADER_BYTES
  const field = () => {
    const start = at + 4
    at = start + bytes.readInt32BE(at)
    return bytes.subarray(start, at)
  }
  const whole = () => {
    at += 12
    return bytes.readInt32BE(at - 8) * TWO_TO_32 + bytes.readUInt32BE(at - 4)
  }
  while (bytes.readInt16BE(at) !== END_OF_ROWS) {
    at += 2
    rows.push({
      firstSequence: whole(),
      lastSequence: whole(),
      epoch: whole(),
      payload: field(),
      digestBefore: field().toString('latin1'),
      previousHash: field(),
      hash: field(),
    })
  }
  return rows
}
