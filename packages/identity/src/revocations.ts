import type { Clock } from '@opsource/kernel'
import type { Revocation } from './sources.ts'

/** Entries are swept at most this often: the list is short, a token's life long. */
const SWEEP_INTERVAL_MS = 60_000

interface Entry {
  revokedAt: number
  expiresAt: number
}

/** The sessions and users whose tokens stopped counting before they end. Entries go when the last such token has ended by itself. */
export class Revocations {
  readonly #clock: Clock
  readonly #sessions = new Map<string, Entry>()
  readonly #users = new Map<string, Entry>()
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(revocation: Revocation): void {
    this.#sweep()
    const entry = { revokedAt: Date.parse(revocation.revokedAt), expiresAt: Date.parse(revocation.expiresAt) }
    if (entry.expiresAt <= this.#clock.now()) return
    if (revocation.sessionId !== null) keepLatest(this.#sessions, revocation.sessionId, entry)
    else keepLatest(this.#users, revocation.userId, entry)
  }

  /** @param issuedAt milliseconds since the Unix epoch. */
  includes(token: { userId: string; sessionId: string; issuedAt: number }): boolean {
    const session = this.#sessions.get(token.sessionId)
    const user = this.#users.get(token.userId)
    return session !== undefined || (user !== undefined && token.issuedAt <= user.revokedAt)
  }

  get size(): number {
    this.#sweep()
    return this.#sessions.size + this.#users.size
  }

  #sweep(): void {
    const now = this.#clock.now()
    if (now - this.#sweptAt < SWEEP_INTERVAL_MS) return
    this.#sweptAt = now
    for (const entries of [this.#sessions, this.#users]) {
      for (const [id, entry] of entries) if (entry.expiresAt <= now) entries.delete(id)
    }
  }
}

function keepLatest(entries: Map<string, Entry>, id: string, entry: Entry): void {
  const known = entries.get(id)
  entries.set(id, {
    revokedAt: Math.max(known?.revokedAt ?? 0, entry.revokedAt),
    expiresAt: Math.max(known?.expiresAt ?? 0, entry.expiresAt),
  })
}
