import type { CachedAnswer } from './response-cache.ts'

/** What tells a client, and caches on its way, how old the answer is and how long it is good. */
export function cacheHeaders({ outcome, ageMs, policy, answer }: CachedAnswer): Record<string, string> {
  const headers = { 'x-cache': outcome, 'content-type': answer.contentType }
  if (answer.status !== 200) return { ...headers, 'cache-control': 'no-store' }
  const left = Math.max(0, Math.floor((policy.maxAgeMs - ageMs) / 1_000))
  return {
    ...headers,
    age: String(Math.floor(ageMs / 1_000)),
    'cache-control': `max-age=${left}, ${policy.scope.toLowerCase()}`,
  }
}
