import type { ClientBase } from 'pg'
import type { JournalRow, SnapshotRow } from './rows.ts'

const ROWS_PER_PAGE = 256

/** The journal as anybody may read it. */
export class JournalReader {
  readonly #connection: Pick<ClientBase, 'query'>

  constructor(connection: Pick<ClientBase, 'query'>) {
    this.#connection = connection
  }

  /** The batches that follow `sequence`, in order; the next page is fetched while one is worked on. */
  async *batchesAfter(sequence: number): AsyncGenerator<JournalRow> {
    let page = this.#page(sequence)
    for (;;) {
      const rows = await page
      const last = rows.at(-1)
      if (!last) return
      const more = rows.length === ROWS_PER_PAGE
      if (more) {
        page = this.#page(last.lastSequence)
        // Heard of when it is awaited.
        page.catch(() => undefined)
      }
      yield* rows
      if (!more) return
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

  async #page(after: number): Promise<JournalRow[]> {
    const { rows } = await this.#connection.query({
      name: 'journal page',
      text: `SELECT first_seq, last_seq, epoch, payload, digest_before, prev_hash, hash FROM journal_batch
             WHERE first_seq > $1 ORDER BY first_seq LIMIT ${ROWS_PER_PAGE}`,
      values: [after],
    })
    return rows.map((row) => ({
      firstSequence: Number(row.first_seq),
      lastSequence: Number(row.last_seq),
      epoch: Number(row.epoch),
      payload: row.payload,
      digestBefore: row.digest_before,
      previousHash: row.prev_hash,
      hash: row.hash,
    }))
  }
}
