import { err, ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import type { Authentication } from './authentication.ts'
import type { Caller } from './caller.ts'

/** A revoked or expired session must be gone within 2 s: checks this often leave room for the news to arrive, and for one renewal. */
const CHECK_EVERY_MS = 500
/** How often a token that does not hold any more may be found so while its key is asked for another. */
const CHECKS_FOR_RENEWAL = 3

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

  constructor(authentication: Authentication) {
    this.#authentication = authentication
    this.#timer = setInterval(() => this.#checkAll(), CHECK_EVERY_MS)
    this.#timer.unref()
  }

  /** `ended` is called once, when the credentials stop holding. */
  async open(header: string | undefined, ended: (fault: GraphQLError) => void): Promise<Result<Session, GraphQLError>> {
    const authenticated = await this.#authentication.authenticate(header)
    if (!authenticated.ok) return err(authenticated.error)
    if (header === undefined || authenticated.value.identity === null)
      return ok({ caller: authenticated.value, close: () => {} })
    const watched = this.#byHeader.get(header) ?? watch(authenticated.value)
    watched.caller = authenticated.value
    this.#byHeader.set(header, watched)
    watched.listeners.add(ended)
    const close = () => {
      watched.listeners.delete(ended)
      if (watched.listeners.size === 0 && this.#byHeader.get(header) === watched) this.#byHeader.delete(header)
    }
    const caller: Caller = {
      ...authenticated.value,
      authorization: () => watched.caller.authorization(),
    }
    return ok({ caller, close })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#byHeader.clear()
  }

  #checkAll(): void {
    for (const [header, watched] of this.#byHeader) void this.#check(header, watched)
  }

  /** Each on its own: an identity provider that takes its time for one must not keep another alive. */
  async #check(header: string, watched: Watched): Promise<void> {
    if (watched.isRenewing) {
      const token = watched.caller.authorization()
      const held = token === null ? null : await this.#authentication.renew(token, watched.caller)
      if (!held || held.ok || ++watched.lapsed < CHECKS_FOR_RENEWAL) return
      return this.#end(header, watched, held.error)
    }
    watched.isRenewing = true
    const renewed = await this.#authentication.renew(header, watched.caller)
    watched.isRenewing = false
    if (!renewed.ok) return this.#end(header, watched, renewed.error)
    watched.lapsed = 0
    watched.caller = renewed.value
  }

  #end(header: string, watched: Watched, fault: GraphQLError): void {
    if (this.#byHeader.get(header) !== watched) return
    this.#byHeader.delete(header)
    for (const ended of [...watched.listeners]) ended(fault)
  }
}

interface Watched {
  caller: Caller
  readonly listeners: Set<(fault: GraphQLError) => void>
  /** Whether its credentials are being looked at, which may take a while where a key's token is renewed. */
  isRenewing: boolean
  /** How many checks have found the token of a key that is being renewed not to hold. */
  lapsed: number
}

function watch(caller: Caller): Watched {
  return { caller, listeners: new Set(), isRenewing: false, lapsed: 0 }
}
