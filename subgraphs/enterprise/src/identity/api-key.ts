import type { Random } from '@opsource/kernel'

const KEY_BYTES = 32
const KEY_SHAPE = /^opk_[A-Za-z0-9_-]{16,128}$/

/** One for each program a person runs, with room; more is a program that makes keys. */
export const MAX_API_KEYS = 20

export const newApiKeySecret = (random: Random) => `opk_${Buffer.from(random.bytes(KEY_BYTES)).toString('base64url')}`

/** Turns away what cannot be a key before anything is looked up. */
export const looksLikeApiKey = (text: string) => KEY_SHAPE.test(text)
