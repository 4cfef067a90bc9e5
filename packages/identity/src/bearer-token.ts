/** What the authorization header holds: nothing, a token, or something that is neither. */
export type Credentials = { kind: 'NONE' } | { kind: 'BEARER'; token: string } | { kind: 'UNREADABLE' }

/** RFC 6750, section 2.1. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/** Reads the authorization header. Anything but a bearer token or nothing at all is unreadable, which is not the same as nothing. */
export function bearerToken(headers: Readonly<Record<string, string | undefined>>): Credentials {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'authorization')
  const value = name === undefined ? undefined : headers[name]
  if (value === undefined) return { kind: 'NONE' }
  const token = BEARER.exec(value.trim())?.[1]
  return token === undefined ? { kind: 'UNREADABLE' } : { kind: 'BEARER', token }
}
