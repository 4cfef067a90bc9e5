import { z } from 'zod'
import { fault } from './errors.ts'
import { MAX_BODY_BYTES } from './limits.ts'
import type { SerializedRequest } from './subgraph.ts'

/** GraphQL over HTTP, section 5.1. */
const requestSchema = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
})

export type GraphqlRequest = z.infer<typeof requestSchema>

/** Reads a request's body. Throws BAD_USER_INPUT or REQUEST_TOO_LARGE. */
export function parseRequest({ body }: SerializedRequest): GraphqlRequest {
  if (Buffer.byteLength(body) > MAX_BODY_BYTES)
    throw fault('REQUEST_TOO_LARGE', `At most ${MAX_BODY_BYTES} bytes are read.`)
  const parsed = requestSchema.safeParse(jsonOf(body))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw fault(
    'BAD_USER_INPUT',
    `The body is not a GraphQL request: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
  )
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw fault('BAD_USER_INPUT', 'The body is not JSON.')
  }
}
