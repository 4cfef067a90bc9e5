import { err, ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import type { Authentication } from './authentication.ts'
import type { Caller } from './caller.ts'

/** A revoked or expired session must be gone within 2 s; a check a second leaves room for the news to arrive. */
const CHECK_EVERY_MS = 1_000

/** The caller of a socket, for as long as its credentials hold: an API key's token is renewed on the way. */
export interface Session {
  readonly caller: Caller
  close(): void
}

/** Watches the credentials behind every open socket. Sockets with equal credentials are checked once. */
export class Sessions {
  readonly #authentication: Authentication
  readonly #byHeader = new Map<string, Watched>()
  readonly #timer: NodeJS.Timeout
  #checking = false

  constructor(authentication: Authentication) {
    this.#authentication = authentication
    this.#timer = setInterval(() => void this.#checkAll(), CHECK_EVERY_MS)
    this.#timer.unref()
  }

  /** `ended` is called once, when the credentials stop holding. */
  async open(header: string | undefined, ended: (fault: GraphQLError) => void): Promise<Result<Session, GraphQLError>> {
    const authenticated = await this.#authentication.authenticate(header)
    if (!authenticated.ok) return err(authenticated.error)
    if (header === undefined || authenticated.value.identity === null)
      return ok({ caller: authenticated.value, close: () => {} })
    const watched = this.#byHeader.get(header) ?? { caller: authenticated.value, listeners: new Set() }
    watched.caller = authenticated.value
    this.#byHeader.set(header, watched)
    watched.listeners.add(ended)
    const close = () => {
      watched.listeners.delete(ended)
      if (watched.listeners.size === 0 && this.#byHeader.get(header) === watched) this.#byHeader.delete(header)
    }
    const caller: Caller = {
      identity: authenticated.value.identity,
      authorization: () => watched.caller.authorization(),
    }
    return ok({ caller, close })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#byHeader.clear()
  }

  async #checkAll(): Promise<void> {
    // A slow identity provider must not make checks pile up.
    if (this.#checking) return
    this.#checking = true
    try {
      await Promise.all([...this.#byHeader].map(([header, watched]) => this.#check(header, watched)))
    } finally {
      this.#checking = false
    }
  }

  async #check(header: string, watched: Watched): Promise<void> {
    const renewed = await this.#authentication.renew(header, watched.caller)
    if (renewed.ok) {
      watched.caller = renewed.value
      return
    }
    this.#byHeader.delete(header)
    for (const ended of watched.listeners) ended(renewed.error)
  }
}

interface Watched {
  caller: Caller
  readonly listeners: Set<(fault: GraphQLError) => void>
}
