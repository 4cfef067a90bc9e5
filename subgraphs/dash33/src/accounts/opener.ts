import type { EventOf } from '@opsource/bus'
import type { ClientBase, Pool } from 'pg'
import type { Logger } from 'pino'
import type { EngineClient } from '../engine/client.ts'
import { accountIdOf } from './account.ts'
import type { Openings } from './openings.ts'
import { findUnopened, MAX_UNOPENED, writeHolders } from './store.ts'

/** How often accounts are opened that the engine could not open at once. */
const RETRY_INTERVAL_MS = 2_000

/** Opens an account for every registered user. What the engine cannot take now is opened later: the holder's row remembers. */
export class AccountOpener {
  readonly #engine: Pick<EngineClient, 'submit'>
  readonly #openings: Openings
  readonly #pool: Pool
  readonly #log: Logger
  #timer: NodeJS.Timeout | null = null
  #work: Promise<void> = Promise.resolve()
  #due = true
  #stopped = false

  constructor(options: { engine: Pick<EngineClient, 'submit'>; openings: Openings; pool: Pool; log: Logger }) {
    this.#engine = options.engine
    this.#openings = options.openings
    this.#pool = options.pool
    this.#log = options.log
  }

  start(): void {
    this.#timer = setInterval(() => this.#openDue(), RETRY_INTERVAL_MS)
    this.#openDue()
  }

  /** Takes registrations within the inbox's transaction; the accounts are opened after it. */
  async register(events: readonly EventOf<'user.registered'>[], client: ClientBase): Promise<void> {
    await writeHolders(
      client,
      events.map(({ data }) => ({ user_id: data.userId, kind: data.kind })),
    )
    this.#due = true
    await this.#open(events.map(({ data }) => data.userId))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer) clearInterval(this.#timer)
    await this.#work
  }

  #openDue(): void {
    if (!this.#due || this.#stopped) return
    this.#due = false
    this.#work = findUnopened(this.#pool)
      .then(async (userIds) => {
        const all = await this.#open(userIds)
        // A full round may have left some for the next.
        if (!all || userIds.length === MAX_UNOPENED) this.#due = true
      })
      .catch((error: unknown) => {
        this.#due = true
        this.#log.warn({ err: error }, 'accounts wait to be opened')
      })
  }

  /** @returns whether every account is open now. */
  async #open(userIds: readonly string[]): Promise<boolean> {
    const commands = userIds.map(
      (userId) => ({ kind: 'OPEN_ACCOUNT', accountId: accountIdOf(userId), userId }) as const,
    )
    const acks = await this.#engine.submit(commands)
    for (const ack of acks) if (ack.kind === 'ACCOUNT_OPENED') this.#openings.opened(ack.accountId)
    return acks.every((ack) => ack.kind === 'ACCOUNT_OPENED')
  }
}
