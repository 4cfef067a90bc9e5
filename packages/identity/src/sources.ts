import { z } from 'zod'

/** RFC 7517. Only what is needed to pick a key; jose reads the rest. */
export const jwksSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })).max(32) })

export const revocationSchema = z.object({
  userId: z.string(),
  /** Null: every session of the user. */
  sessionId: z.string().nullable(),
  revokedAt: z.iso.datetime(),
  /** When the last token that it concerns has ended. */
  expiresAt: z.iso.datetime(),
})

export const revocationListSchema = z.object({ revocations: z.array(revocationSchema) })

export type Revocation = z.infer<typeof revocationSchema>

/** Where a document comes from: the network between services, a function within one process. @returns its JSON text. */
export type DocumentSource = () => Promise<string>

/** How long a well-known document may take: a login must not hang on a hung service. */
const FETCH_TIMEOUT_MS = 5_000

/** Reads a well-known document over HTTP. Rejects unless the answer is 200. */
export function httpSource(url: string): DocumentSource {
  return async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' })
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    return response.text()
  }
}
