import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientConfig, DatabaseError } from 'pg'
import { LIMITS } from '../limits.ts'

/** One engine per database: the two halves of an advisory lock's key, "dash" in ASCII and 33. */
const LOCK_KEY = [0x64617368, 33]
const LOCK_RETRY_MS = 100
const ROWS_PER_PAGE = 256
/** Errors after which nothing was committed: data, integrity, transaction state, conflicts, syntax, resources, limits, object state. */
const SURELY_REFUSED = /^(22|23|25|40|42|53|54|55)/

/** The hash before the first batch. */
export const GENESIS_HASH: Uint8Array = new Uint8Array(32)

export interface JournalRow {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly epoch: number
  readonly payload: Uint8Array
  readonly digestBefore: string
  readonly previousHash: Uint8Array
  readonly hash: Uint8Array
}

export interface SnapshotRow {
  readonly sequence: number
  readonly state: Uint8Array
  readonly stateHash: string
  readonly journalHash: Uint8Array
}

/** Another engine holds the lock, or has begun a newer epoch. */
export class FencedError extends Error {
  override readonly name = 'FencedError'
}

/** Whether a failed append may have been committed all the same. */
export const mayBeCommitted = (error: unknown): boolean =>
  !(error instanceof FencedError) && !(error instanceof DatabaseError && SURELY_REFUSED.test(error.code ?? ''))

export function hashRow(row: Omit<JournalRow, 'hash'>): Uint8Array {
  return createHash('sha256')
    .update(row.previousHash)
    .update(`${row.firstSequence}:${row.lastSequence}:${row.epoch}:${row.digestBefore}:`)
    .update(row.payload)
    .digest()
}

/** The journal under one engine's epoch. Its one connection holds the lock: when the connection ends, so does the engine. */
export class JournalStore {
  readonly epoch: number
  readonly #config: ClientConfig
  readonly #connection: Client

  private constructor(config: ClientConfig, connection: Client, epoch: number) {
    this.#config = config
    this.#connection = connection
    this.epoch = epoch
  }

  /** @throws FencedError where another engine keeps the lock for longer than `LIMITS.lockPatienceMs`. */
  static async open(config: ClientConfig, onLost: (error: Error) => void): Promise<JournalStore> {
    // A commit that reaches an answer must be on the disk, whatever the server's default is.
    const options = `${config.options ?? ''} -c synchronous_commit=on`
    const connection = new Client({ ...config, options, keepAlive: true, query_timeout: LIMITS.commitTimeoutMs })
    connection.on('error', onLost)
    await connection.connect()
    try {
      await lock(connection)
      const { rows } = await connection.query('UPDATE engine_epoch SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch')
      return new JournalStore(config, connection, Number(rows[0].epoch))
    } catch (error) {
      await connection.end()
      throw error
    }
  }

  /** Commits a batch. @throws FencedError under an old epoch; see `mayBeCommitted` for everything else. */
  async append(row: JournalRow): Promise<void> {
    // FOR SHARE makes the next engine's epoch wait for this commit, so that it reads a journal that is complete.
    const { rowCount } = await this.#connection.query({
      name: 'append',
      text: `INSERT INTO journal_batch (first_seq, last_seq, epoch, payload, digest_before, prev_hash, hash)
             SELECT $1, $2, $3::bigint, $4, $5, $6, $7 FROM engine_epoch WHERE id = 1 AND epoch = $3::bigint FOR SHARE`,
      values: [
        row.firstSequence,
        row.lastSequence,
        row.epoch,
        row.payload,
        row.digestBefore,
        row.previousHash,
        row.hash,
      ],
    })
    if (rowCount !== 1) throw new FencedError('a newer engine has taken over the journal')
  }

  /** The batches that follow `sequence`, in order. */
  async *batchesAfter(sequence: number): AsyncGenerator<JournalRow> {
    for (let last = sequence; ; ) {
      const { rows } = await this.#connection.query(
        `SELECT first_seq, last_seq, epoch, payload, digest_before, prev_hash, hash FROM journal_batch
         WHERE first_seq > $1 ORDER BY first_seq LIMIT ${ROWS_PER_PAGE}`,
        [last],
      )
      for (const row of rows) {
        last = Number(row.last_seq)
        yield {
          firstSequence: Number(row.first_seq),
          lastSequence: last,
          epoch: Number(row.epoch),
          payload: row.payload,
          digestBefore: row.digest_before,
          previousHash: row.prev_hash,
          hash: row.hash,
        }
      }
      if (rows.length < ROWS_PER_PAGE) return
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

  /**
   * Keeps a snapshot and prunes what nobody needs: the newest `LIMITS.snapshotsKept` snapshots that the projections have passed stay,
   * with everything since the oldest of them. On a connection of its own, so that no commit waits for it.
   */
  async saveSnapshot(snapshot: SnapshotRow, projectedThrough: number): Promise<void> {
    const connection = new Client(this.#config)
    // A lost connection also rejects the query under way, which is what the caller hears of.
    connection.on('error', () => undefined)
    await connection.connect()
    try {
      await connection.query('BEGIN')
      const { rowCount } = await connection.query(
        `INSERT INTO engine_snapshot (sequence, state, state_hash, journal_hash)
         SELECT $1, $2, $3, $4 FROM engine_epoch WHERE id = 1 AND epoch = $5 FOR SHARE
         ON CONFLICT (sequence) DO NOTHING`,
        [snapshot.sequence, snapshot.state, snapshot.stateHash, snapshot.journalHash, this.epoch],
      )
      if (rowCount === 1) await prune(connection, projectedThrough)
      await connection.query('COMMIT')
    } finally {
      await connection.end()
    }
  }

  async close(): Promise<void> {
    await this.#connection.end()
  }
}

async function lock(connection: Client): Promise<void> {
  const attempts = LIMITS.lockPatienceMs / LOCK_RETRY_MS
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { rows } = await connection.query('SELECT pg_try_advisory_lock($1, $2) AS locked', LOCK_KEY)
    if (rows[0].locked) return
    await sleep(LOCK_RETRY_MS)
  }
  throw new FencedError('another engine holds the journal')
}

async function prune(connection: Client, projectedThrough: number): Promise<void> {
  const { rows } = await connection.query(
    'SELECT sequence FROM engine_snapshot WHERE sequence <= $1 ORDER BY sequence DESC LIMIT $2',
    [projectedThrough, LIMITS.snapshotsKept],
  )
  if (rows.length < LIMITS.snapshotsKept) return
  const floor = rows.at(-1).sequence
  await connection.query('DELETE FROM journal_batch WHERE last_seq <= $1', [floor])
  await connection.query('DELETE FROM engine_snapshot WHERE sequence < $1', [floor])
}
