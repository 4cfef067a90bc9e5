import { type PoolLimits, poolConfig } from '@opsource/database'
import { Client } from 'pg'

/** One trainer per database: the two halves of an advisory lock's key, "anya" in ASCII and 1. */
const LOCK_KEY = [0x616e7961, 1] as const

/** Held by the one instance that trains. PostgreSQL lets go of it when the instance dies. */
export class TrainerLock {
  readonly #url: string
  readonly #onLost: () => void
  readonly #limits: PoolLimits
  #client: Client | null = null
  #isHeld = false

  constructor(url: string, onLost: () => void, limits: PoolLimits = {}) {
    this.#limits = limits
    this.#url = url
    this.#onLost = onLost
  }

  /** @returns whether this instance holds it now. Rejects where the database cannot be reached. */
  async acquire(): Promise<boolean> {
    if (this.#isHeld) return true
    const client = this.#client ?? (await this.#connect())
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS locked', [
      ...LOCK_KEY,
    ])
    this.#isHeld = rows[0]?.locked === true && this.#client === client
    return this.#isHeld
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = null
    this.#isHeld = false
    await client?.end()
  }

  async #connect(): Promise<Client> {
    const client = new Client({ ...poolConfig(this.#url, this.#limits), keepAlive: true })
    const lose = () => {
      if (this.#client !== client) return
      this.#client = null
      this.#isHeld = false
      this.#onLost()
    }
    client.on('error', lose)
    client.on('end', lose)
    await client.connect()
    this.#client = client
    return client
  }
}
