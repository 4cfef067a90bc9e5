import type { Connection, Submittable } from 'pg'

/** Commands that a page begins to hold; its last batch may go beyond. So few that the next page is there before they are applied. */
export const COMMANDS_PER_PAGE = 8_192
/** What a page is expected to take where nothing is known of others. */
const INITIAL_BYTES = 65_536

/**
 * A page of the journal by COPY in its binary form: as text each byte of a payload would be two digits, and taking rows apart would cost more than
 * applying them.
 */
export class PageQuery implements Submittable {
  /** Resolves with the page as it came, in memory of its own: see `rowsOf`. */
  readonly bytes: Promise<Buffer<ArrayBuffer>>
  /** Set by the client or pool that it is given to. */
  callback: ((error: Error | undefined, result?: unknown) => void) | undefined
  private readonly text: string
  private readonly settle = Promise.withResolvers<Buffer<ArrayBuffer>>()
  private gathered: Buffer<ArrayBuffer>
  private length = 0

  /**
   * @param after the page begins with the first batch that begins later
   * @param room bytes that it is expected to take; where it takes more, what has come is copied
   */
  constructor(after: number, room = INITIAL_BYTES) {
    if (!Number.isSafeInteger(after)) throw new RangeError(`${after} is no sequence`)
    // COPY takes no parameters.
    this.text = `COPY (
      SELECT first_seq, last_seq, epoch, payload, digest_before, prev_hash, hash FROM journal_batch
      WHERE first_seq > ${after}
        AND first_seq < ${COMMANDS_PER_PAGE} + (SELECT min(first_seq) FROM journal_batch WHERE first_seq > ${after})
      ORDER BY first_seq) TO STDOUT (FORMAT binary)`
    this.bytes = this.settle.promise
    this.gathered = Buffer.allocUnsafe(room)
  }

  submit(connection: Connection): void {
    connection.query(this.text)
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.length + chunk.length > this.gathered.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.gathered.length * 2, this.length + chunk.length))
      this.gathered.copy(larger, 0, 0, this.length)
      this.gathered = larger
    }
    this.length += chunk.copy(this.gathered, this.length)
  }

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.settle.reject(error)
    this.callback?.(error)
  }

  handleReadyForQuery(): void {
    this.settle.resolve(this.gathered.subarray(0, this.length))
    this.callback?.(undefined)
  }
}
