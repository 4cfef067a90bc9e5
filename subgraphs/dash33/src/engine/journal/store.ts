import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientConfig, DatabaseError } from 'pg'
import { LIMITS } from '../limits.ts'
import { JournalReader } from './reader.ts'
import type { JournalRow, SnapshotRow } from './rows.ts'

/** One engine per database: the two halves of an advisory lock's key, "dash" in ASCII and 33. */
const LOCK_KEY = [0x64617368, 33]
const LOCK_RETRY_MS = 100
const TAKEN_OVER = 'another engine has taken over the journal'
/** Errors after which nothing was committed: data, integrity, transaction state, conflicts, syntax, resources, limits, object state. */
const SURELY_REFUSED = /^(22|23|25|40|42|53|54|55)/
/**
 * A commit that reaches an answer must be on the disk, whatever the server's default is. A machine that vanishes without a word must not
 * hold the lock for the two hours of TCP's defaults.
 */
const SESSION =
  '-c synchronous_commit=on -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3'

/** What of the journal stays: all of it, or what the newest snapshots and the projections need. */
export type JournalKeep = 'ALL' | 'SNAPSHOTS'

/** Another engine holds the lock, or has begun a newer epoch. */
export class FencedError extends Error {
  override readonly name = 'FencedError'
}

/** Whether a failed append may have been committed all the same. */
export const mayBeCommitted = (error: unknown): boolean =>
  !(error instanceof FencedError) && !(error instanceof DatabaseError && SURELY_REFUSED.test(error.code ?? ''))

/** The journal as its one writer has it. The connection holds the lock: when the connection ends, so does the engine. */
export class JournalStore {
  readonly journal: JournalReader
  readonly #config: ClientConfig
  readonly #connection: Client
  #epoch = 0

  private constructor(config: ClientConfig, connection: Client) {
    this.#config = config
    this.#connection = connection
    this.journal = new JournalReader(connection, config)
  }

  /** Connects without leading: for now the journal may only be read. */
  static async connect(config: ClientConfig, onLost: (error: Error) => void): Promise<JournalStore> {
    const options = `${config.options ?? ''} ${SESSION}`
    const connection = new Client({
      ...config,
      options,
      keepAlive: true,
      query_timeout: LIMITS.commitTimeoutMs,
      connectionTimeoutMillis: LIMITS.commitTimeoutMs,
    })
    connection.on('error', onLost)
    await connection.connect()
    return new JournalStore(config, connection)
  }

  /** This engine's; 0 until it leads. */
  get epoch(): number {
    return this.#epoch
  }

  /**
   * @param epoch of this process's engine before, if there was one
   * @throws FencedError where another engine has led since, or keeps the lock for longer than `LIMITS.lockPatienceMs`.
   */
  async lead(epoch: number | null): Promise<void> {
    for (let waited = 0; waited < LIMITS.lockPatienceMs; waited += LOCK_RETRY_MS) {
      if (await this.tryLead()) return
      if (epoch !== null && (await this.journal.epoch()) > epoch) throw new FencedError(TAKEN_OVER)
      await sleep(LOCK_RETRY_MS)
    }
    throw new FencedError('another engine holds the journal; one started with --standby would wait for its place')
  }

  /** Takes the lock if nobody holds it, and begins a new epoch: from then on no commit of an older one happens. */
  async tryLead(): Promise<boolean> {
    const { rows } = await this.#connection.query('SELECT pg_try_advisory_lock($1, $2) AS locked', LOCK_KEY)
    if (!rows[0].locked) return false
    const begun = await this.#connection.query('UPDATE engine_epoch SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch')
    this.#epoch = Number(begun.rows[0].epoch)
    return true
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
    if (rowCount !== 1) throw new FencedError(TAKEN_OVER)
  }

  /**
   * Keeps a snapshot and prunes what nobody needs: the newest `LIMITS.snapshotsKept` snapshots that the projections have passed stay,
   * with everything since the oldest of them. On a connection of its own, so that no commit waits for it.
   */
  async saveSnapshot(snapshot: SnapshotRow, projectedThrough: number, keep: JournalKeep): Promise<void> {
    const connection = new Client({
      ...this.#config,
      connectionTimeoutMillis: LIMITS.snapshotTimeoutMs,
      query_timeout: LIMITS.snapshotTimeoutMs,
      statement_timeout: LIMITS.snapshotTimeoutMs,
    })
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
      if (rowCount === 1) await prune(connection, projectedThrough, keep)
      await connection.query('COMMIT')
    } finally {
      await connection.end()
    }
  }

  async close(): Promise<void> {
    await this.#connection.end()
  }
}

async function prune(connection: Client, projectedThrough: number, keep: JournalKeep): Promise<void> {
  const { rows } = await connection.query(
    'SELECT sequence FROM engine_snapshot WHERE sequence <= $1 ORDER BY sequence DESC LIMIT $2',
    [projectedThrough, LIMITS.snapshotsKept],
  )
  if (rows.length < LIMITS.snapshotsKept) return
  const floor = rows.at(-1).sequence
  if (keep === 'SNAPSHOTS') await connection.query('DELETE FROM journal_batch WHERE last_seq <= $1', [floor])
  await connection.query('DELETE FROM engine_snapshot WHERE sequence < $1', [floor])
}
