/** An answer as it is kept. */
export interface Entry {
  /** Milliseconds since the Unix epoch. */
  readonly storedAt: number
  /** What the invalidations were when its execution began: with any since, it is not what would be answered now. */
  readonly version: string
  readonly contentType: string
  /** The GraphQL answer, serialised. */
  readonly body: string
}

/** The header is a line of its own, so that the body is never parsed again. */
export function encodeEntry({ storedAt, version, contentType, body }: Entry): string {
  return `${JSON.stringify([storedAt, version, contentType])}\n${body}`
}

/** @returns null for what this did not write. */
export function decodeEntry(text: string): Entry | null {
  const end = text.indexOf('\n')
  if (end === -1 || !text.startsWith('[')) return null
  const header: unknown = JSON.parse(text.slice(0, end))
  if (!Array.isArray(header)) return null
  const [storedAt, version, contentType]: unknown[] = header
  if (typeof storedAt !== 'number' || typeof version !== 'string' || typeof contentType !== 'string') return null
  return { storedAt, version, contentType, body: text.slice(end + 1) }
}
