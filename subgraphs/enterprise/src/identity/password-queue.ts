import { hash, verify } from '@node-rs/argon2'
import { err, ok, type Result } from '@opsource/kernel'

/** OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane of Argon2id, which is the library's default algorithm. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Two at once leave half of libuv's four threads to everything else. */
const CONCURRENCY = 2
/** About a second of waiting at 45 checks a second: who comes later is told to come back. */
const MAX_WAITING = 40
/** What one check takes on one core, for the advice when to come back. */
const TYPICAL_CHECK_MS = 45

export interface Busy {
  readonly retryAfterMs: number
}

/** Passwords cost CPU and memory on purpose, so a storm of log-ins queues here, within a bound, and starves nothing else. */
export class PasswordQueue {
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0
  #decoy: Promise<string> | undefined

  constructor(options: { maxWaiting?: number } = {}) {
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING
  }

  /** @returns the hash in PHC format. */
  hash(password: string): Promise<Result<string, Busy>> {
    return this.#run(() => hash(password, ARGON2ID))
  }

  /** `stored` is null where there is no such user: that takes as long as a wrong password, so the answer's time tells nothing. */
  verify(stored: string | null, password: string): Promise<Result<boolean, Busy>> {
    return this.#run(async () => {
      this.#decoy ??= hash('the password of nobody', ARGON2ID)
      const matches = await verify(stored ?? (await this.#decoy), password)
      return matches && stored !== null
    })
  }

  /** Makes the decoy hash ahead, so that the first unknown address takes no longer than the next. */
  async warmUp(): Promise<void> {
    await this.verify(null, '')
  }

  async #run<T>(work: () => Promise<T>): Promise<Result<T, Busy>> {
    if (this.#running >= CONCURRENCY) {
      if (this.#waiting.length >= this.#maxWaiting) {
        return err({
          retryAfterMs: Math.ceil((this.#waiting.length / CONCURRENCY) * TYPICAL_CHECK_MS) + TYPICAL_CHECK_MS,
        })
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#running += 1
    }
    try {
      return ok(await work())
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}
