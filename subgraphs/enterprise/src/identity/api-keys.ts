import type { Identity } from '@opsource/identity'
import { type Clock, err, type IdSource, ok, type Random, type Result } from '@opsource/kernel'
import { appendAudit } from '../audit/index.ts'
import type { Database } from '../database.ts'
import type { Outbox } from '../outbox.ts'
import { type AccessToken, signAccessToken } from './access-token.ts'
import { looksLikeApiKey, MAX_API_KEYS, newApiKeySecret } from './api-key.ts'
import {
  type ApiKeyRecord,
  countApiKeys,
  endApiKey,
  holderOfApiKey,
  insertApiKey,
  lockApiKeys,
} from './api-key-store.ts'
import { revocationAt, sessionRevoked } from './events.ts'
import { type InputFault, parseName } from './password.ts'
import { insertRevocation } from './session-store.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface ApiKeyPorts {
  readonly database: Database
  readonly outbox: Outbox
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly random: Random
  readonly ids: IdSource
}

export type ApiKeyRefusal =
  | { readonly reason: 'TOO_MANY_API_KEYS'; readonly limit: number }
  | ({ readonly reason: 'INVALID_INPUT' } & InputFault)

/** Keys with which programs speak for a user. A token that a key was swapped for names the key as its session. */
export class ApiKeys {
  readonly #ports: ApiKeyPorts

  constructor(ports: ApiKeyPorts) {
    this.#ports = ports
  }

  async create(
    identity: Identity,
    input: { label: string },
  ): Promise<Result<{ key: ApiKeyRecord; secret: string }, ApiKeyRefusal>> {
    const { outbox, clock, random, ids } = this.#ports
    const label = parseName(input.label, 'input.label')
    if (!label.ok) return err({ reason: 'INVALID_INPUT', ...label.error })
    const { userId } = identity
    const secret = newApiKeySecret(random)
    const now = clock.now()
    return outbox.transact(async (tx) => {
      await lockApiKeys(tx, userId)
      if ((await countApiKeys(tx, userId)) >= MAX_API_KEYS)
        return err({ reason: 'TOO_MANY_API_KEYS', limit: MAX_API_KEYS })
      const id = ids.next('key')
      const key = await insertApiKey(tx, { id, userId, label: label.value, secret, createdAt: new Date(now) })
      await appendAudit(tx, ids, { actorId: userId, action: 'api_key.created', subject: id, at: now })
      return ok({ key, secret })
    })
  }

  /** @returns null where the user has no such key. */
  async revoke(identity: Identity, id: string): Promise<ApiKeyRecord | null> {
    const { outbox, clock, ids } = this.#ports
    const { userId } = identity
    const now = clock.now()
    return outbox.transact(async (tx) => {
      const ended = await endApiKey(tx, userId, id, new Date(now))
      if (ended?.endedNow) {
        const revocation = revocationAt(userId, id, now)
        await insertRevocation(tx, ids.next('evt'), revocation)
        await outbox.announce(tx, 'session.revoked', userId, sessionRevoked(revocation))
        await appendAudit(tx, ids, { actorId: userId, action: 'api_key.revoked', subject: id, at: now })
      }
      return ended?.key ?? null
    })
  }

  /** @returns null where the key is unknown or ended, or its user disabled. */
  async exchange(secret: string): Promise<AccessToken | null> {
    if (!looksLikeApiKey(secret)) return null
    const holder = await holderOfApiKey(this.#ports.database, secret)
    if (!holder) return null
    const signer = await this.#ports.keys.current()
    return signAccessToken(signer, { ...holder, sessionId: holder.keyId }, this.#ports.clock.now())
  }
}
