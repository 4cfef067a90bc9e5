import type { ServerResponse } from 'node:http'
import type { ErrorCode } from '@opsource/subgraph'
import type { GraphQLError } from 'graphql'
import { publicError } from '../errors.ts'

/** The HTTP status of a request that is refused before it is a GraphQL operation. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  // As Apollo Server answers it: clients send the text next, and take no fault of the connection from it.
  PERSISTED_QUERY_NOT_FOUND: 200,
  UNAUTHENTICATED: 401,
  OPERATION_NOT_LISTED: 403,
  REQUEST_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  TOO_MANY_CONNECTIONS: 429,
  SUBGRAPH_UNAVAILABLE: 503,
  SERVER_SHUTDOWN: 503,
  INTERNAL_SERVER_ERROR: 500,
}

export function respond(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(body)
}

export function respondJson(response: ServerResponse, status: number, document: unknown): void {
  respond(response, status, 'application/json; charset=utf-8', JSON.stringify(document), {
    'cache-control': 'no-store',
  })
}

/** Answers in the form of every GraphQL answer, so that clients need to read only one. */
export function respondFault(response: ServerResponse, fault: GraphQLError): void {
  const error = publicError(fault.toJSON())
  const code = error.extensions?.code
  const status = Object.entries(STATUS).find(([known]) => known === code)?.[1] ?? 400
  const { retryAfterMs } = error.extensions ?? {}
  if (typeof retryAfterMs === 'number') response.setHeader('retry-after', Math.ceil(retryAfterMs / 1000))
  if (status === 401) response.setHeader('www-authenticate', 'Bearer')
  // What is left of a refused body would be taken for the next request.
  if (status === 413) response.setHeader('connection', 'close')
  respondJson(response, status, { errors: [error] })
}
