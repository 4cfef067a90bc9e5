import { setTimeout as sleep } from 'node:timers/promises'
import { assertComplete, catchUp, type Recovered, type Replayed, recover, type Warn } from '../journal/recovery.ts'
import type { JournalStore } from '../journal/store.ts'
import { LIMITS } from '../limits.ts'

const POLL_MS = 50
/** The projections' watermark only says what need not be kept any more. */
const POLLS_PER_WATERMARK = 20

/** What a standby has applied and the projections may lack, bounded by `LIMITS.standbyCommands`. */
export class Backlog {
  #replayed: Replayed[] = []
  #commands = 0
  #complete = 0

  /** What ends later is all here. */
  get completeAfter(): number {
    return this.#complete
  }

  constructor(completeAfter: number) {
    this.#complete = completeAfter
  }

  add(replayed: Replayed): void {
    this.#replayed.push(replayed)
    this.#commands += replayed.acks.length
    while (this.#commands > LIMITS.standbyCommands) this.prune(this.#replayed[0]!.batch.lastSequence)
  }

  /** Forgets what ends with `sequence` or before. */
  prune(sequence: number): void {
    let count = 0
    for (; count < this.#replayed.length; count++) {
      const { batch, acks } = this.#replayed[count]!
      if (batch.lastSequence > sequence) break
      this.#commands -= acks.length
      this.#complete = Math.max(this.#complete, batch.lastSequence)
    }
    this.#replayed.splice(0, count)
  }

  after(sequence: number): readonly Replayed[] {
    return this.#replayed.filter(({ batch }) => batch.lastSequence > sequence)
  }
}

/** A standby's engine, which now leads. */
export interface Followed {
  readonly recovered: Recovered
  readonly backlog: Backlog
}

/**
 * Applies another engine's journal as it grows, until that engine's lock is free and taken.
 * @returns null where `signal` ended it before.
 */
export async function follow(
  store: JournalStore,
  { warm, warn, signal }: { warm: (sequence: number) => void; warn: Warn; signal: AbortSignal },
): Promise<Followed | null> {
  const { journal } = store
  const projectedThrough = await journal.projectedThrough()
  const backlog = new Backlog(projectedThrough)
  const keep = (replayed: Replayed) => backlog.add(replayed)
  const recovered = await recover(journal, projectedThrough, keep, warn)
  const { engine } = recovered
  let { journalHash } = recovered
  warm(engine.state.sequence)
  for (let poll = 1; !(await store.tryLead()); poll++) {
    journalHash = await catchUp(journal, engine, journalHash, keep)
    if (poll % POLLS_PER_WATERMARK === 0) backlog.prune(await journal.projectedThrough())
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return null
  }
  journalHash = await catchUp(journal, engine, journalHash, keep)
  await assertComplete(journal, engine, 0)
  return { recovered: { ...recovered, journalHash }, backlog }
}
