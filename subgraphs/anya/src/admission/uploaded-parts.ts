import type { Cache } from '@opsource/cache'
import { err, ok, type Result } from '@opsource/kernel'

/** Fits into a request at the gateway's door, base64 and the rest of the operation included. */
export const MAX_PART_BYTES = 128 * 1024
/** Files of 6 MB: a boosted model of 1,000 deep trees, a network of 1.5 million weights. */
export const MAX_PARTS = 48
export const MAX_FILE_BYTES = MAX_PARTS * MAX_PART_BYTES
/** Whoever begins has so long to end. */
const PART_TTL_MS = 15 * 60_000
/** What one user may send in that time: two of the largest files. */
const MAX_BYTES_OF_USER = 2 * MAX_FILE_BYTES

export interface PartKey {
  readonly userId: string
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string
}

/** Keeps the parts of files that are too large for one request until they are asked for, or a quarter of an hour has passed. */
export class UploadedParts {
  readonly #cache: Cache

  constructor(cache: Cache) {
    this.#cache = cache
  }

  /** The same part again takes the place of the first. @returns an error where the user sends too much; it says how much is too much. */
  async add(key: PartKey, index: number, bytes: Uint8Array): Promise<Result<null, { limitBytes: number }>> {
    const window = { amount: bytes.length, windowMs: PART_TTL_MS }
    const quota = `anya:model-part-bytes:${key.userId}`
    if ((await this.#cache.slide(quota, window)) > MAX_BYTES_OF_USER) {
      await this.#cache.slide(quota, { ...window, amount: -bytes.length })
      return err({ limitBytes: MAX_BYTES_OF_USER })
    }
    await this.#cache.set(nameOf(key, index), Buffer.from(bytes).toString('base64'), { ttlMs: PART_TTL_MS })
    return ok(null)
  }

  /** @returns the file, or the numbers of the parts that are missing. */
  async join(key: PartKey, count: number): Promise<Result<Uint8Array<ArrayBuffer>, readonly number[]>> {
    const indices = Array.from({ length: count }, (_, index) => index)
    const parts = await Promise.all(indices.map((index) => this.#cache.get(nameOf(key, index))))
    const missing = indices.filter((index) => parts[index] === null)
    if (missing.length > 0) return err(missing)
    return ok(Uint8Array.from(Buffer.concat(parts.map((part) => Buffer.from(part ?? '', 'base64')))))
  }

  forget(key: PartKey, count: number): Promise<void> {
    return this.#cache.delete(...Array.from({ length: count }, (_, index) => nameOf(key, index)))
  }
}

const nameOf = ({ userId, sha256 }: PartKey, index: number) => `anya:model-part:${userId}:${sha256}:${index}`
