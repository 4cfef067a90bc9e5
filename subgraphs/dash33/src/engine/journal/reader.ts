import type { ClientBase } from 'pg'
import { COMMANDS_PER_PAGE, PageQuery } from './page-query.ts'
import type { JournalRow, SnapshotRow } from './rows.ts'

/** The journal as anybody may read it. */
export class JournalReader {
  readonly #connection: Pick<ClientBase, 'query'>

  constructor(connection: Pick<ClientBase, 'query'>) {
    this.#connection = connection
  }

  /** The batches that follow `sequence`, in order. */
  async *batchesAfter(sequence: number): AsyncGenerator<JournalRow> {
    for await (const rows of this.pagesAfter(sequence)) yield* rows
  }

  /** The same in pages; the next one is fetched while one is worked on. */
  async *pagesAfter(sequence: number): AsyncGenerator<readonly JournalRow[]> {
    let page = this.#page(sequence)
    for (;;) {
      const rows = await page
      const last = rows.at(-1)
      if (!last) return
      const more = last.lastSequence - rows[0]!.firstSequence + 1 >= COMMANDS_PER_PAGE
      if (more) {
        page = this.#page(last.lastSequence)
        // Heard of when it is awaited.
        page.catch(() => undefined)
      }
      yield rows
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

  async #page(after: number): Promise<readonly JournalRow[]> {
    const query = new PageQuery(after)
    // A pool's answer is a promise of its own: it also tells that there was no connection.
    const [rows] = await Promise.all([query.rows, this.#connection.query(query)])
    return rows
  }
}
