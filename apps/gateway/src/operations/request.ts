import type { IncomingHttpHeaders } from 'node:http'
import type { HTTPGraphQLRequest } from '@apollo/server'
import { z } from 'zod'
import { isPlain } from '../execute/plain.ts'
import type { GivenOperation } from './persisted.ts'

/** What of an HTTP request says which operation to run. */
export interface OperationSource {
  readonly method: string
  /** With its `?`, or empty. */
  readonly search: string
  /** The JSON document of the body; undefined for an empty one. */
  readonly body: unknown
}

/** A request for an operation as it came. */
export interface OperationRequest extends OperationSource {
  readonly headers: IncomingHttpHeaders
  /** The operation, where it is a POST of JSON in the form of one. */
  readonly posted: PostedOperation | null
}

/** An operation as a POST of JSON carries it. */
export interface PostedOperation {
  readonly query: string
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>> | null
  readonly extensions?: unknown
}

/** @returns null for a request in any other form: only JSON is what browsers ask leave for before a page from elsewhere sends it. */
export function postedOperation({ method, headers, body }: HTTPGraphQLRequest): PostedOperation | null {
  return postedIn(method, headers.get('content-type'), body)
}

/** The same of a request that is not Apollo Server's yet. */
export function postedIn(method: string, contentType: string | undefined, body: unknown): PostedOperation | null {
  if (method !== 'POST' || !contentType?.startsWith('application/json')) return null
  if (!isPlain(body)) return null
  const { query, operationName = null, variables = null, extensions } = body
  if (typeof query !== 'string') return null
  if (typeof operationName !== 'string' && operationName !== null) return null
  if (!isPlain(variables) && variables !== null) return null
  return { query, operationName, variables, extensions }
}

const bodySchema = z.looseObject({ query: z.unknown().optional(), extensions: z.unknown().optional() })

/** @returns the operation, or null where the request has not the form of one. */
export function operationOf({ method, search, body }: OperationSource): GivenOperation | null {
  if (method === 'GET') {
    const parameters = new URLSearchParams(search)
    return { query: parameters.get('query') ?? undefined, extensions: parsedOrNone(parameters.get('extensions')) }
  }
  const parsed = bodySchema.safeParse(body)
  return parsed.success ? parsed.data : null
}

/** The same request with the operation's text in place of its hash. */
export function withText<R extends OperationSource>(request: R, given: GivenOperation, text: string): R {
  if (given.extensions === undefined && given.query === text) return request
  if (request.method === 'GET') {
    const parameters = new URLSearchParams(request.search)
    parameters.set('query', text)
    parameters.delete('extensions')
    return { ...request, search: `?${parameters}` }
  }
  const { extensions, ...rest } = bodySchema.parse(request.body)
  return { ...request, body: { ...rest, query: text, ...remaining(extensions) } }
}

/** Extensions less what named the operation: it is done with. */
function remaining(extensions: unknown): { extensions?: unknown } {
  const parsed = z.looseObject({ persistedQuery: z.unknown().optional() }).safeParse(extensions)
  if (!parsed.success) return extensions === undefined ? {} : { extensions }
  const { persistedQuery: _, ...others } = parsed.data
  return Object.keys(others).length > 0 ? { extensions: others } : {}
}

function parsedOrNone(text: string | null): unknown {
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
