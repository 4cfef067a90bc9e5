import type { Clock } from '@opsource/kernel'
import { fault } from '@opsource/subgraph'
import type { Logger } from 'pino'
import { accountIdOf, type Openings } from '../accounts/index.ts'
import type { EngineClient } from '../engine/client.ts'
import { Mailbox } from '../market-data/index.ts'
import type { CancelOnDisconnectParent } from '../parents.ts'

/** How long the exchange may be away from a subscription that lives: a restart takes seconds. */
export const PATIENCE_MS = 15_000
const RENEWAL_INTERVAL_MS = 5_000
/** Long enough to renew a token and to begin again. */
export const MAX_GRACE_MS = 60_000

interface Guard {
  readonly readers: Set<Mailbox<CancelOnDisconnectParent>>
  readonly timer: NodeJS.Timeout
  readonly since: number
  graceMs: number
}

/** Keeps the dead man's switch of each account with a `cancelOnDisconnect` subscription from running out, until the last of them ends. */
export class DisconnectGuards {
  readonly #engine: Pick<EngineClient, 'submit'>
  readonly #openings: Openings
  readonly #clock: Clock
  readonly #log: Logger
  readonly #guards = new Map<string, Guard>()
  #work: Promise<unknown> = Promise.resolve()
  #suspended = false

  constructor(options: { engine: Pick<EngineClient, 'submit'>; openings: Openings; clock: Clock; log: Logger }) {
    this.#engine = options.engine
    this.#openings = options.openings
    this.#clock = options.clock
    this.#log = options.log
  }

  /** The first event comes once the switch is set. Throws BAD_USER_INPUT where the grace is out of range. */
  watch(userId: string, graceMs: number): AsyncIterableIterator<CancelOnDisconnectParent> {
    if (graceMs < 0 || graceMs > MAX_GRACE_MS) {
      throw fault('BAD_USER_INPUT', `\`graceMs\` is from 0 to ${MAX_GRACE_MS}.`)
    }
    const guard = this.#guards.get(userId) ?? this.#begin(userId, graceMs)
    guard.graceMs = graceMs
    const reader: Mailbox<CancelOnDisconnectParent> = new Mailbox<CancelOnDisconnectParent>({
      limit: 1,
      overflow: (newest) => ({ replace: [newest] }),
      onClose: () => {
        guard.readers.delete(reader)
        if (guard.readers.size === 0) this.#end(userId, guard)
      },
    })
    guard.readers.add(reader)
    void this.#renew(userId, guard)
    return reader
  }

  /** From now on an end leaves the switch as it is: it is this service that goes, and the readers may be back in time. */
  suspend(): void {
    this.#suspended = true
  }

  /** Resolves once everything that ended has been told to the engine. */
  async close(): Promise<void> {
    for (const { readers } of this.#guards.values()) for (const reader of [...readers]) reader.end()
    await this.#work
  }

  #begin(userId: string, graceMs: number): Guard {
    const timer = setInterval(() => void this.#renew(userId, guard), RENEWAL_INTERVAL_MS)
    const guard: Guard = { readers: new Set(), timer, since: this.#clock.now(), graceMs }
    this.#guards.set(userId, guard)
    return guard
  }

  /** Sets the switch anew and tells the readers. What the engine does not confirm runs out. */
  async #renew(userId: string, guard: Guard): Promise<void> {
    const cancelsAt = await this.#set(userId, PATIENCE_MS)
    if (cancelsAt === null) return
    for (const reader of guard.readers) reader.push({ since: guard.since, cancelsAt })
  }

  #end(userId: string, guard: Guard): void {
    clearInterval(guard.timer)
    this.#guards.delete(userId)
    if (this.#suspended) return
    // 0 would switch it off.
    const told = this.#set(userId, Math.max(guard.graceMs, 1))
    this.#work = this.#work.then(() => told)
  }

  /** @returns when the switch runs out; null where the engine did not take it. */
  async #set(userId: string, delayMs: number): Promise<number | null> {
    const opening = this.#openings.before(userId)
    const accountId = accountIdOf(userId)
    const acks = await this.#engine.submit([...opening, { kind: 'CANCEL_ALL_AFTER', accountId, delayMs }])
    const [opened, ack] = [opening.length > 0 ? acks[0] : undefined, acks.at(-1)]
    if (opened?.kind === 'ACCOUNT_OPENED') this.#openings.opened(opened.accountId)
    if (ack?.kind === 'CANCEL_ALL_AFTER_SET') return ack.at
    this.#log.warn({ accountId, ack }, 'the dead man’s switch was not set')
    return null
  }
}
