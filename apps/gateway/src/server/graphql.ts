import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server'
import { ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import type { Authentication } from '../identity/authentication.ts'
import type { Caller } from '../identity/caller.ts'
import type { Operations } from '../operations/operations.ts'
import { operationOf, withText } from '../operations/request.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import { parseBody, readBody } from './body.ts'
import type { GatewayMetrics } from './metrics.ts'
import type { MultipartSubscriptions } from './multipart.ts'
import { codesOf, record } from './request-log.ts'
import { respondFault } from './respond.ts'

const REQUEST_ID = /^[\w-]{1,64}$/

/** An id given by whoever called is kept, so that a request can be followed across systems. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
}

export interface GraphqlOptions {
  readonly server: ApolloServer<OperationContext>
  readonly authentication: Authentication
  readonly operations: Operations
  readonly multipart: MultipartSubscriptions
  readonly log: Logger
  readonly metrics: GatewayMetrics
}

/** GraphQL over HTTP: authenticates, reads within the limits, and leaves the rest to Apollo Server. */
export class GraphqlEndpoint {
  readonly #options: GraphqlOptions

  constructor(options: GraphqlOptions) {
    this.#options = options
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now()
    const requestId = requestIdOf(request)
    response.setHeader('x-request-id', requestId)
    const refuse = (fault: GraphQLError) => {
      const ms = Math.round((performance.now() - startedAt) * 100) / 100
      const line = { requestId, userId: null, type: 'none', operation: null, ms, codes: codesOf([fault.toJSON()]) }
      record(line, this.#options.log, this.#options.metrics)
      respondFault(response, fault)
    }
    const text = await readBody(request)
    if (!text.ok) return refuse(text.error)
    const body = parseBody(text.value)
    if (!body.ok) return refuse(body.error)
    const caller = await this.#options.authentication.authenticate(request.headers.authorization)
    if (!caller.ok) return refuse(caller.error)
    const http = await this.#named(request, body.value, caller.value)
    if (!http.ok) return refuse(http.error)
    const { multipart } = this.#options
    if (multipart.takes(http.value)) return multipart.serve(request, response, http.value.body, requestId)
    const gone = new AbortController()
    response.once('close', () => {
      // An abort builds an error with its stack: not for those who got their answer.
      if (!response.writableFinished) gone.abort()
    })
    const answer = await this.#options.server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: http.value,
      context: async () => ({ caller: caller.value, requestId, signal: gone.signal }),
    })
    for (const [name, value] of answer.headers) response.setHeader(name, value)
    response.statusCode = answer.status ?? 200
    if (answer.body.kind === 'complete') {
      response.end(answer.body.string)
      return
    }
    for await (const chunk of answer.body.asyncIterator) response.write(chunk)
    response.end()
  }

  /** The request with the text of its operation. What has not the form of an operation is Apollo Server's to refuse. */
  async #named(
    request: IncomingMessage,
    body: unknown,
    { identity }: Caller,
  ): Promise<Result<HTTPGraphQLRequest, GraphQLError>> {
    const http = {
      method: request.method ?? 'GET',
      headers: headersOf(request),
      search: new URL(request.url ?? '/', 'http://gateway').search,
      body,
    }
    const given = operationOf(http)
    if (given === null) return ok(http)
    const text = await this.#options.operations.textOf(given, identity)
    return text.ok ? ok(withText(http, given, text.value)) : text
  }
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}
