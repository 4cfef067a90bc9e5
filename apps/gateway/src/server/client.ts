import type { IncomingHttpHeaders } from 'node:http'

/** As Apollo's clients name themselves; anything else would be noise in the log. */
const NAME = /^[\w.@/+ -]{1,64}$/

/** What a client says that it is, such as `web 1.4.2`; null where it says nothing that can be told. Never trusted for anything. */
export function clientOf(headers: IncomingHttpHeaders): string | null {
  const name = headers['apollographql-client-name']
  const version = headers['apollographql-client-version']
  if (typeof name !== 'string' || !NAME.test(name)) return null
  return typeof version === 'string' && NAME.test(version) ? `${name} ${version}` : name
}
