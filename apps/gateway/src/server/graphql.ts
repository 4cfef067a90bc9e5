import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server'
import { ok, type Result } from '@opsource/kernel'
import { startSpan } from '@opsource/tracing'
import type { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { cacheHeaders } from '../cache/headers.ts'
import type { KeptAnswers } from '../cache/kept-answers.ts'
import type { Addresses } from '../identity/addresses.ts'
import type { Authentication } from '../identity/authentication.ts'
import { anonymous, type Caller } from '../identity/caller.ts'
import type { Gate } from '../limits/gate.ts'
import type { Operations } from '../operations/operations.ts'
import { operationOf, withText } from '../operations/request.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import { parseBody, readBody } from './body.ts'
import { clientOf } from './client.ts'
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
  readonly addresses: Addresses
  readonly gate: Gate
  readonly operations: Operations
  readonly multipart: MultipartSubscriptions
  readonly kept: KeptAnswers
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
    const span = startSpan('graphql', 'server', request.headers.traceparent?.toString(), { 'request.id': requestId })
    response.once('close', () => span.end())
    const client = clientOf(request.headers)
    const address = this.#options.addresses.of(request)
    const asked = { requestId, address, span, ...(client === null ? {} : { client }) }
    const refuse = (fault: GraphQLError) => {
      const outcome = { type: 'none', operation: null, startedAt, codes: codesOf([fault.toJSON()]) }
      record({ ...asked, caller: null }, outcome, this.#options.log, this.#options.metrics)
      respondFault(response, fault)
    }
    const { authentication, gate } = this.#options
    const { authorization } = request.headers
    const tooMany = gate.arrive(address, authorization)
    if (tooMany) return refuse(tooMany)
    const text = await readBody(request)
    if (!text.ok) return refuse(text.error)
    const body = parseBody(text.value)
    if (!body.ok) return refuse(body.error)
    const caller = await authentication.authenticate(authorization)
    if (!caller.ok) {
      gate.refused(address, authorization, caller.error)
      return refuse(caller.error)
    }
    const tooManyOfOne = gate.identified(caller.value)
    if (tooManyOfOne) return refuse(tooManyOfOne)
    const http = await this.#named(request, body.value, caller.value)
    if (!http.ok) return refuse(http.error)
    const { multipart } = this.#options
    const live = multipart.operationOf(http.value)
    if (live) return multipart.serve(request, response, live, asked)
    const origin = { ...asked, caller: caller.value }
    if (await this.#answerShared(http.value, origin, startedAt, response)) return
    const gone = new AbortController()
    response.once('close', () => {
      // An abort builds an error with its stack: not for those who got their answer.
      if (!response.writableFinished) gone.abort()
    })
    const answer = await this.#execute(http.value, { ...origin, signal: gone.signal })
    for (const [name, value] of answer.headers) response.setHeader(name, value)
    response.statusCode = answer.status ?? 200
    response.end(answer.body)
  }

  /** @returns whether it was answered: with an answer that others get too, or got before. */
  async #answerShared(
    request: HTTPGraphQLRequest,
    origin: OperationContext,
    startedAt: number,
    response: ServerResponse,
  ): Promise<boolean> {
    const { kept, log, metrics } = this.#options
    let executed = false
    const found = await kept.answer(request, origin.caller.identity, async ({ scope }) => {
      executed = true
      const caller = scope === 'PUBLIC' ? anonymous : origin.caller
      const { status, headers, body } = await this.#execute(request, { ...origin, caller })
      const cacheControl = headers.get('cache-control') ?? 'no-store'
      return { status: status ?? 200, contentType: headers.get('content-type') ?? '', cacheControl, body }
    })
    if (!found) return false
    metrics.keptAnswers.inc({ outcome: found.outcome })
    if (!executed) {
      record(origin, { type: 'query', operation: found.operationName, startedAt, codes: [] }, log, metrics)
    }
    const headers = cacheHeaders(found)
    response.writeHead(found.answer.status, { ...headers, 'content-length': Buffer.byteLength(found.answer.body) })
    response.end(found.answer.body)
    return true
  }

  async #execute(request: HTTPGraphQLRequest, context: OperationContext) {
    const answer = await this.#options.server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: request,
      context: async () => context,
    })
    if (answer.body.kind !== 'complete') throw new Error('the answer came in parts')
    return { ...answer, body: answer.body.string }
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
      search: request.url?.includes('?') ? new URL(request.url, 'http://gateway').search : '',
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
