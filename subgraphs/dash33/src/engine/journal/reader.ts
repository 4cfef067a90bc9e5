import type { ClientConfig } from 'pg'
import { Chain } from './chain.ts'
import { type Connection, fetchPage, fullTo, pagesFrom } from './page.ts'
import { ReadAhead, ReadingLostError } from './read-ahead.ts'
import type { JournalRow, SnapshotRow } from './rows.ts'

/** The journal as anybody may read it. */
export class JournalReader {
  readonly #connection: Connection
  readonly #ahead: ClientConfig | null

  /** @param ahead where what is longer than a page is read on a connection of its own, by a thread of its own as soon as that is there; null: it is not */
  constructor(connection: Connection, ahead: ClientConfig | null = null) {
    this.#connection = connection
    this.#ahead = ahead
  }

  /**
   * The batches that follow `sequence`, in order, each proved: contiguous, chained and unaltered.
   * @param hash of the batch that ends with `sequence`
   * @throws JournalDamagedError behind the last of them, where the next one is not
   */
  async *batchesAfter(sequence: number, hash: Uint8Array): AsyncGenerator<JournalRow> {
    for await (const rows of this.pagesAfter(sequence, hash)) yield* rows
  }

  /** The same in pages; what comes next is fetched while one is worked on. */
  async *pagesAfter(sequence: number, hash: Uint8Array): AsyncGenerator<readonly JournalRow[]> {
    const chain = new Chain(sequence, hash)
    // Each time a page at least is read here, so that a thread which is lost again and again cannot keep it from its end.
    while (yield* this.#pagesOf(chain));
  }

  /** @returns whether the thread that reads ahead was lost before the journal's end */
  async *#pagesOf(chain: Chain): AsyncGenerator<readonly JournalRow[], boolean> {
    const { sequence } = chain.place
    let ahead: ReadAhead | null = null
    let following: AsyncGenerator<readonly JournalRow[]> | null = null
    try {
      for await (const page of pagesFrom(this.#connection, fetchPage(this.#connection, sequence))) {
        if (this.#ahead && fullTo(page)) ahead ??= new ReadAhead(this.#ahead)
        const { sound, fault } = chain.prove(page.rows)
        // What follows is read while this page is worked on.
        if (ahead?.isReady && fault === null) following = ahead.pagesAfter(chain.place)
        yield page.rows.slice(0, sound)
        if (fault) throw fault
        if (following) break
      }
      if (!following) return false
      for await (const rows of following) {
        chain.follow(rows)
        yield rows
      }
      return false
    } catch (error) {
      if (error instanceof ReadingLostError) return true
      throw error
    } finally {
      await ahead?.end()
    }
  }

  /** Snapshots no newer than `sequence`, the newest first. */
  async *snapshotsThrough(sequence: number): AsyncGenerator<SnapshotRow> {
    const { rows: found } = await this.#connection.query(
      'SELECT sequence FROM engine_snapshot WHERE sequence <= $1 ORDER BY sequence DESC',
      [sequence],
    )
    for (const { sequence: each } of found) {
      const { rows } = await this.#connection.query('SELECT * FROM engine_snapshot WHERE sequence = $1', [each])
      for (const row of rows) {
        yield { sequence: Number(each), state: row.state, stateHash: row.state_hash, journalHash: row.journal_hash }
      }
    }
  }

  /** The last sequence that the database has ever seen, as far as it still knows. */
  async lastSequence(): Promise<number> {
    const { rows } = await this.#connection.query(
      `SELECT greatest((SELECT max(last_seq) FROM journal_batch), (SELECT max(sequence) FROM engine_snapshot), 0) AS last`,
    )
    return Number(rows[0].last)
  }

  /** The first sequence that is still in the journal; null where it is empty. */
  async firstSequence(): Promise<number | null> {
    const { rows } = await this.#connection.query('SELECT min(first_seq) AS first FROM journal_batch')
    return rows[0].first === null ? null : Number(rows[0].first)
  }

  /** The last sequence that every projection contains. */
  async projectedThrough(): Promise<number> {
    const { rows } = await this.#connection.query('SELECT coalesce(min(engine_sequence), 0) AS through FROM watermark')
    return Number(rows[0].through)
  }

  async epoch(): Promise<number> {
    const { rows } = await this.#connection.query('SELECT epoch FROM engine_epoch WHERE id = 1')
    return Number(rows[0].epoch)
  }
}
