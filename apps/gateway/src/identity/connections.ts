import { err, ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import { fault } from '../errors.ts'
import { limits } from '../limits/limits.ts'
import { networkOf } from './addresses.ts'

/** Who holds a connection: a user, or of those whom nobody knows the address that they come from. */
export interface Holder {
  readonly userId: string | undefined
  readonly address: string
}

/** A connection that is counted until it is released. */
export interface Place {
  /** Counts for nothing where it was called before. */
  release(): void
}

type ConnectionLimit = 'sockets' | 'socketsPerUser' | 'socketsPerAddress'

export interface ConnectionsOptions {
  /** Multiplies what one address may hold, where it is more than 1: for load tests. */
  readonly scale?: number
  readonly onRefused?: (limit: ConnectionLimit) => void
}

/** How many connections each holds open: sockets, and subscriptions over HTTP. */
export class Connections {
  readonly #held = new Map<string, number>()
  readonly #perAddress: number
  readonly #onRefused: (limit: ConnectionLimit) => void

  constructor({ scale = 1, onRefused = () => {} }: ConnectionsOptions = {}) {
    this.#perAddress = limits.socketsPerAddress * Math.max(1, scale)
    this.#onRefused = onRefused
  }

  take({ userId, address }: Holder): Result<Place, GraphQLError> {
    return userId === undefined
      ? this.#take(`address ${networkOf(address)}`, 'socketsPerAddress', this.#perAddress)
      : this.#take(`user ${userId}`, 'socketsPerUser', limits.socketsPerUser)
  }

  /** What a socket is told for which there is no place at all. */
  full(): GraphQLError {
    this.#onRefused('sockets')
    return fault('TOO_MANY_CONNECTIONS', `At most ${limits.sockets} sockets are open at a time.`)
  }

  #take(key: string, limit: ConnectionLimit, most: number): Result<Place, GraphQLError> {
    const count = this.#held.get(key) ?? 0
    if (count >= most) {
      this.#onRefused(limit)
      const who = limit === 'socketsPerUser' ? 'A user' : 'Without a token an address'
      return err(fault('TOO_MANY_CONNECTIONS', `${who} has at most ${most} connections open.`))
    }
    this.#held.set(key, count + 1)
    let isHeld = true
    const release = () => {
      if (!isHeld) return
      isHeld = false
      const left = (this.#held.get(key) ?? 0) - 1
      if (left > 0) this.#held.set(key, left)
      else this.#held.delete(key)
    }
    return ok({ release })
  }
}
