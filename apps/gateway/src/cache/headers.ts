import { type CachedAnswer, cacheControlOf } from './response-cache.ts'

/** What tells a client, and caches on its way, how old the answer is and how long it is good. */
export function cacheHeaders({ outcome, ageMs, policy, answer }: CachedAnswer): Record<string, string> {
  const headers = { 'x-cache': outcome, 'content-type': answer.contentType }
  if (answer.cacheControl !== cacheControlOf(policy)) return { ...headers, 'cache-control': answer.cacheControl }
  const maxAgeMs = Math.max(0, Math.floor((policy.maxAgeMs - ageMs) / 1_000)) * 1_000
  return {
    ...headers,
    age: String(Math.floor(ageMs / 1_000)),
    'cache-control': cacheControlOf({ ...policy, maxAgeMs }),
  }
}
