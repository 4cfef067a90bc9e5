import type { IncomingMessage } from 'node:http'
import { err, ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import { fault } from '../errors.ts'
import { limits } from '../limits/limits.ts'

/**
 * So much of a body that is too large is read and thrown away: a client that still sends when its connection ends may never read why.
 * In bytes.
 */
const MAX_DISCARDED = 8 * 1024 * 1024

/**
 * Reads a body within the limit. Of a larger one nothing is kept, and what announces itself as larger than is thrown away is not read at
 * all. Rejects where the client leaves before its end.
 */
export function readBody(request: IncomingMessage): Promise<Result<string, GraphQLError>> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_DISCARDED) return Promise.resolve(err(tooLarge()))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limits.bodyBytes) chunks.push(chunk)
      else chunks.length = 0
      if (size <= MAX_DISCARDED) return
      request.pause()
      resolve(err(tooLarge()))
    })
    request.once('end', () => resolve(size > limits.bodyBytes ? err(tooLarge()) : ok(textOf(chunks))))
    request.once('error', reject)
  })
}

function textOf(chunks: readonly Buffer[]): string {
  const [first] = chunks
  return first && chunks.length === 1 ? first.toString() : Buffer.concat(chunks).toString()
}

/** @returns the JSON document of a body; undefined for an empty one. */
export function parseBody(text: string): Result<unknown, GraphQLError> {
  if (text === '') return ok(undefined)
  try {
    return ok(JSON.parse(text))
  } catch {
    return err(fault('BAD_USER_INPUT', 'The body is not JSON.'))
  }
}

function tooLarge(): GraphQLError {
  return fault('REQUEST_TOO_LARGE', `The body is larger than ${limits.bodyBytes} bytes.`)
}
