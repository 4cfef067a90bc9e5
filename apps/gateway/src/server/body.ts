import type { IncomingMessage } from 'node:http'
import { err, ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import { fault } from '../errors.ts'
import { limits } from '../limits/limits.ts'

/** Reads a body within the limit. A larger one is given up where the limit is passed; what announces itself as larger is not read at all. */
export async function readBody(request: IncomingMessage): Promise<Result<string, GraphQLError>> {
  if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) return err(tooLarge())
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > limits.bodyBytes) return err(tooLarge())
    chunks.push(chunk)
  }
  return ok(Buffer.concat(chunks).toString('utf8'))
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
