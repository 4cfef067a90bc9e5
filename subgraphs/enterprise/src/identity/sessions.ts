import type { Identity } from '@opsource/identity'
import { type Clock, err, type IdSource, ok, type Random, type Result } from '@opsource/kernel'
import { type AuditAction, appendAudit } from '../audit/index.ts'
import type { Database, Transaction } from '../database.ts'
import type { Outbox } from '../outbox.ts'
import { credentialsOf, insertUser, isId, type UserRecord, userById, userRegistered } from '../users/index.ts'
import { type AccessToken, signAccessToken } from './access-token.ts'
import { revocationAt, sessionRevoked } from './events.ts'
import { afterFailedLogIn, type LogInFailures, waitBeforeLogIn } from './log-in-throttle.ts'
import type { IdentityObserver } from './observe.ts'
import { type InputFault, normalisePassword, parseEmail, parseRegistration, type Registration } from './password.ts'
import type { Busy, PasswordQueue } from './password-queue.ts'
import { newRefreshToken } from './refresh-token.ts'
import { rotate } from './rotation.ts'
import {
  endSessions,
  type HeldRefreshToken,
  insertRevocation,
  insertSession,
  lockRefreshToken,
} from './session-store.ts'
import type { SigningKeys } from './signing-keys.ts'
import { clearFailures, failuresOf, lockFailures, saveFailures } from './throttle-store.ts'

/** Longer than any password or token of ours: not worth a hash. */
const MAX_SECRET_CHARACTERS = 512

export interface StartedSession {
  readonly user: UserRecord
  readonly sessionId: string
  readonly accessToken: AccessToken
  readonly refreshToken: string
  /** The moment the transaction began with: a token must not look younger than a revocation that came after it. */
  readonly issuedAt: number
}

export type SessionRefusal =
  | { readonly reason: 'EMAIL_TAKEN' | 'WRONG_CREDENTIALS' | 'REFRESH_TOKEN_INVALID' | 'UNKNOWN_USER' }
  | ({ readonly reason: 'INVALID_INPUT' } & InputFault)
  | ({ readonly reason: 'BUSY' | 'TOO_MANY_ATTEMPTS' } & Busy)

export interface SessionPorts {
  readonly database: Database
  readonly outbox: Outbox
  readonly passwords: PasswordQueue
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly random: Random
  readonly ids: IdSource
  readonly observer: IdentityObserver
}

const refuse = (reason: 'EMAIL_TAKEN' | 'WRONG_CREDENTIALS' | 'REFRESH_TOKEN_INVALID' | 'UNKNOWN_USER') =>
  err({ reason })
const invalid = (fault: InputFault) => err({ reason: 'INVALID_INPUT' as const, ...fault })

/** Sessions from their beginning to their end. Every change is in the audit log, in the same transaction. */
export class Sessions {
  readonly #ports: SessionPorts

  constructor(ports: SessionPorts) {
    this.#ports = ports
  }

  async register(input: Registration): Promise<Result<StartedSession, SessionRefusal>> {
    return this.#observed('register', await this.#register(input))
  }

  async logIn(input: { email: string; password: string }): Promise<Result<StartedSession, SessionRefusal>> {
    return this.#observed('logIn', await this.#logIn(input))
  }

  async refresh(token: string): Promise<Result<StartedSession, SessionRefusal>> {
    return this.#observed('refresh', await this.#refresh(token))
  }

  /** @returns how many sessions ended: none for the token of an API key. */
  async logOut(identity: Identity): Promise<number> {
    const { userId, sessionId } = identity
    const now = this.#ports.clock.now()
    return this.#ports.outbox.transact(async (tx) => {
      const count = await endSessions(tx, userId, sessionId, now)
      if (count > 0) await this.#revoke(tx, userId, sessionId, now)
      if (count > 0) await this.#audit(tx, userId, 'session.ended', sessionId, now)
      return count
    })
  }

  /** Ends one session of a user, or with null all of them together with every token issued so far. */
  async revoke(actorId: string, userId: string, sessionId: string | null): Promise<Result<number, SessionRefusal>> {
    const now = this.#ports.clock.now()
    return this.#ports.outbox.transact(async (tx) => {
      if (!(await userById(tx, userId))) return refuse('UNKNOWN_USER')
      if (sessionId !== null && !isId(sessionId)) return ok(0)
      const count = await endSessions(tx, userId, sessionId, now)
      // The time is taken again behind the locks: a refresh that held them has issued a token younger than `now`.
      if (count > 0 || sessionId === null) await this.#revoke(tx, userId, sessionId, this.#ports.clock.now())
      await this.#audit(tx, actorId, 'sessions.revoked', sessionId ?? userId, now)
      return ok(count)
    })
  }

  async #register(input: Registration): Promise<Result<StartedSession, SessionRefusal>> {
    const { database, outbox, passwords, clock, ids } = this.#ports
    const parsed = parseRegistration(input)
    if (!parsed.ok) return invalid(parsed.error)
    const { email, password, displayName } = parsed.value
    if (await credentialsOf(database, email)) return refuse('EMAIL_TAKEN')
    const passwordHash = await passwords.hash(password)
    if (!passwordHash.ok) return err({ reason: 'BUSY', ...passwordHash.error })
    const now = clock.now()
    return this.#issue(
      await outbox.transact(async (tx) => {
        const user = await insertUser(tx, {
          id: ids.next('usr'),
          email,
          displayName,
          kind: 'PERSON',
          roles: ['TRADER'],
          passwordHash: passwordHash.value,
          createdAt: new Date(now),
        })
        if (user === null) return refuse('EMAIL_TAKEN')
        await outbox.announce(tx, 'user.registered', user.id, userRegistered(user))
        await this.#audit(tx, user.id, 'user.registered', null, now)
        return ok(await this.#begin(tx, user, now))
      }),
    )
  }

  async #logIn(input: { email: string; password: string }): Promise<Result<StartedSession, SessionRefusal>> {
    const { database, outbox, passwords, clock } = this.#ports
    const email = parseEmail(input.email)
    if (!email.ok) return invalid(email.error)
    if (input.password.length > MAX_SECRET_CHARACTERS)
      return invalid({ field: 'input.password', message: 'This is too long.' })
    const retryAfterMs = waitBeforeLogIn(await failuresOf(database, email.value), clock.now())
    if (retryAfterMs > 0) return err({ reason: 'TOO_MANY_ATTEMPTS', retryAfterMs })
    const credentials = await credentialsOf(database, email.value)
    const matches = await passwords.verify(credentials?.passwordHash ?? null, normalisePassword(input.password))
    if (!matches.ok) return err({ reason: 'BUSY', ...matches.error })
    const now = clock.now()
    return this.#issue(
      await outbox.transact(async (tx) => {
        const failures = await lockFailures(tx, email.value)
        // Of guesses that were under way together, those behind the one that brought the block are not told what they were worth.
        const retryAfterMs = waitBeforeLogIn(failures, now)
        if (retryAfterMs > 0) return err({ reason: 'TOO_MANY_ATTEMPTS' as const, retryAfterMs })
        if (!credentials || credentials.disabled || !matches.value) {
          await this.#fail(tx, email.value, failures, credentials?.id ?? null, now)
          return refuse('WRONG_CREDENTIALS')
        }
        if (failures !== null) await clearFailures(tx, email.value)
        if (failures?.blockedUntil != null) await this.#audit(tx, credentials.id, 'login.block_ended', email.value, now)
        return ok(await this.#begin(tx, credentials, now))
      }),
    )
  }

  async #refresh(token: string): Promise<Result<StartedSession, SessionRefusal>> {
    if (token.length > MAX_SECRET_CHARACTERS) return refuse('REFRESH_TOKEN_INVALID')
    const { outbox, clock } = this.#ports
    const now = clock.now()
    return this.#issue(
      await outbox.transact(async (tx) => {
        const held = await lockRefreshToken(tx, token)
        const user = held && (await userById(tx, held.session.userId))
        if (!held || !user) return refuse('REFRESH_TOKEN_INVALID')
        const refreshToken = await this.#succeed(tx, token, held, user.disabled, now)
        return refreshToken === null
          ? refuse('REFRESH_TOKEN_INVALID')
          : ok({ user, sessionId: held.sessionId, refreshToken, issuedAt: now })
      }),
    )
  }

  async #begin(tx: Transaction, user: UserRecord, now: number) {
    const refreshToken = newRefreshToken(this.#ports.random)
    const sessionId = this.#ports.ids.next('ses')
    await insertSession(tx, { id: sessionId, userId: user.id, refreshToken, now })
    await this.#audit(tx, user.id, 'session.started', sessionId, now)
    return { user, sessionId, refreshToken, issuedAt: now }
  }

  /** @returns the token that follows; null where none does. */
  async #succeed(tx: Transaction, token: string, held: HeldRefreshToken, userDisabled: boolean, now: number) {
    const { verdict, successor } = await rotate(tx, token, held, { userDisabled, now, random: this.#ports.random })
    if (verdict === 'REUSED') {
      const { userId } = held.session
      await endSessions(tx, userId, held.sessionId, now)
      await this.#revoke(tx, userId, held.sessionId, now)
      await this.#audit(tx, userId, 'refresh_token.reused', held.sessionId, now)
      this.#ports.observer.reused(userId, held.sessionId)
    }
    return successor
  }

  /** `before` is what is known of the address, which is locked. */
  async #fail(
    tx: Transaction,
    email: string,
    before: LogInFailures | null,
    userId: string | null,
    now: number,
  ): Promise<void> {
    const after = afterFailedLogIn(before, now)
    await saveFailures(tx, email, after)
    if (before?.blockedUntil != null) await this.#audit(tx, userId, 'login.block_ended', email, now)
    await this.#audit(tx, userId, 'login.failed', email, now)
    if (after.blockedUntil !== null) await this.#audit(tx, userId, 'login.blocked', email, now)
  }

  async #revoke(tx: Transaction, userId: string, sessionId: string | null, now: number): Promise<void> {
    const revocation = revocationAt(userId, sessionId, now)
    await insertRevocation(tx, this.#ports.ids.next('evt'), revocation)
    await this.#ports.outbox.announce(tx, 'session.revoked', userId, sessionRevoked(revocation))
  }

  #audit(tx: Transaction, actorId: string | null, action: AuditAction, subject: string | null, at: number) {
    return appendAudit(tx, this.#ports.ids, { actorId, action, subject, at })
  }

  #observed<R extends Result<StartedSession, SessionRefusal>>(
    operation: 'register' | 'logIn' | 'refresh',
    result: R,
  ): R {
    this.#ports.observer.attempted(operation, result.ok ? 'STARTED' : result.error.reason)
    return result
  }

  /** Signs last: what is in a token is committed. */
  async #issue(
    begun: Result<Omit<StartedSession, 'accessToken'>, SessionRefusal>,
  ): Promise<Result<StartedSession, SessionRefusal>> {
    if (!begun.ok) return begun
    const { user, sessionId, issuedAt } = begun.value
    const signer = await this.#ports.keys.current()
    const holder = { userId: user.id, sessionId, roles: user.roles }
    return ok({ ...begun.value, accessToken: signAccessToken(signer, holder, issuedAt) })
  }
}
