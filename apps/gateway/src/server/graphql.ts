import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ok, type Result } from '@opsource/kernel'
import { startSpan } from '@opsource/tracing'
import type { GraphQLError } from 'graphql'
import { cacheHeaders } from '../cache/headers.ts'
import type { CachePolicy } from '../cache/policy.ts'
import type { ResponseCache } from '../cache/response-cache.ts'
import type { Addresses } from '../identity/addresses.ts'
import type { Authentication } from '../identity/authentication.ts'
import { anonymous, type Caller } from '../identity/caller.ts'
import type { Gate } from '../limits/gate.ts'
import type { KnownOperation, KnownOperations } from '../operations/known.ts'
import type { Operations } from '../operations/operations.ts'
import type { GivenOperation } from '../operations/persisted.ts'
import { type OperationRequest, operationOf, type PostedOperation, postedIn, withText } from '../operations/request.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import { Departure } from '../upstreams/departure.ts'
import { type Answer, type Answers, headerMap } from './answers.ts'
import { parseBody, readBody } from './body.ts'
import { clientOf } from './client.ts'
import type { GatewayMetrics } from './metrics.ts'
import type { MultipartSubscriptions } from './multipart.ts'
import { codesOf, type Records } from './request-log.ts'
import { respondFault } from './respond.ts'

/** Only a client that accepts this may be asking for a subscription. */
const MULTIPART = /multipart/i
const REQUEST_ID = /^[\w-]{1,64}$/
const REQUEST_ID_HEADER = 'x-request-id'

/** An id given by whoever called is kept, so that a request can be followed across systems. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers[REQUEST_ID_HEADER]
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
}

export interface GraphqlOptions {
  readonly answers: Answers
  readonly known: KnownOperations
  readonly authentication: Authentication
  readonly addresses: Addresses
  readonly gate: Gate
  readonly operations: Operations
  readonly multipart: MultipartSubscriptions
  readonly responses: ResponseCache
  readonly metrics: GatewayMetrics
  readonly records: Records
}

/** GraphQL over HTTP: authenticates, reads within the limits, and leaves the rest to Apollo Server. */
export class GraphqlEndpoint {
  readonly #options: GraphqlOptions

  constructor(options: GraphqlOptions) {
    this.#options = options
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = requestIdOf(request)
    try {
      await this.#handle(request, response, requestId)
    } catch (error) {
      if (!response.headersSent) response.setHeader(REQUEST_ID_HEADER, requestId)
      throw error
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const startedAt = performance.now()
    const span = startSpan('graphql', 'server', request.headers.traceparent?.toString(), { 'request.id': requestId })
    const departure = new Departure()
    response.on('close', () => {
      span.end()
      if (!response.writableFinished) departure.leave()
    })
    const client = clientOf(request.headers)
    const address = this.#options.addresses.of(request)
    const asked = { requestId, address, span, ...(client === null ? {} : { client }) }
    const refuse = (fault: GraphQLError) => {
      const outcome = { type: 'none', operation: null, startedAt, codes: codesOf([fault.toJSON()]) }
      this.#options.records.add({ ...asked, caller: null }, outcome)
      response.setHeader(REQUEST_ID_HEADER, requestId)
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
    const recalled = authentication.recall(authorization)
    const authenticated = recalled ? ok(recalled) : await authentication.authenticate(authorization)
    if (!authenticated.ok) {
      gate.refused(address, authorization, authenticated.error)
      return refuse(authenticated.error)
    }
    const caller = authenticated.value
    const tooManyOfOne = gate.identified(caller)
    if (tooManyOfOne) return refuse(tooManyOfOne)
    const named = this.#named(request, body.value, caller)
    // Nearly every request says its operation itself: none of those waits for a turn.
    const operation = named instanceof Promise ? await named : named
    if (!operation.ok) return refuse(operation.error)
    const live = this.#liveOperationOf(operation.value)
    if (live) {
      response.setHeader(REQUEST_ID_HEADER, requestId)
      return this.#options.multipart.serve(request, response, live, asked)
    }
    const origin = { ...asked, startedAt, caller }
    const { posted } = operation.value
    const known = posted && this.#options.known.find(posted)
    const shared = known?.policy ? await this.#answerShared(operation.value, known, known.policy, origin) : null
    const answer = shared ?? (await this.#options.answers.answer(operation.value, { ...origin, departure }))
    send(response, requestId, answer)
  }

  /** @returns an answer that others get too, or got before; null where this one is its caller's own. */
  async #answerShared(
    request: OperationRequest,
    operation: KnownOperation,
    policy: CachePolicy,
    origin: OperationContext & { readonly startedAt: number },
  ): Promise<Answer | null> {
    const { posted } = request
    const { answers, responses, metrics, records } = this.#options
    let executed = false
    const asked = {
      operation,
      variables: posted?.variables ?? null,
      accept: request.headers.accept ?? '',
      identity: origin.caller.identity,
    }
    const found = await responses.answer(asked, policy, async () => {
      executed = true
      const caller = policy.scope === 'PUBLIC' ? anonymous : origin.caller
      const { status, headers, body } = await answers.answer(request, { ...origin, caller })
      const cacheControl = headers['cache-control'] ?? 'no-store'
      return { status, contentType: headers['content-type'] ?? '', cacheControl, body }
    })
    if (!found) return null
    metrics.keptAnswers.add(found.outcome)
    if (!executed) {
      const { startedAt } = origin
      records.add(origin, { type: 'query', operation: found.operationName, startedAt, codes: [] })
    }
    const { status, body } = found.answer
    return { status, headers: cacheHeaders(found), body }
  }

  #liveOperationOf(request: OperationRequest): PostedOperation | null {
    if (!MULTIPART.test(request.headers.accept ?? '')) return null
    return this.#options.multipart.operationOf({ ...request, headers: headerMap(request.headers) })
  }

  /** The request with the text of its operation. What has not the form of an operation is Apollo Server's to refuse. */
  #named(
    { method = 'GET', url = '', headers }: IncomingMessage,
    body: unknown,
    { identity }: Caller,
  ): Named | Promise<Named> {
    const search = url.includes('?') ? new URL(url, 'http://gateway').search : ''
    const request = { method, headers, search, body, posted: postedIn(method, headers['content-type'], body) }
    const given = request.posted ?? operationOf(request)
    if (given === null) return ok(request)
    const text = this.#options.operations.textOf(given, identity)
    return text instanceof Promise
      ? text.then((found) => namedBy(request, given, found))
      : namedBy(request, given, text)
  }
}

type Named = Result<OperationRequest, GraphQLError>

function namedBy(request: OperationRequest, given: GivenOperation, text: Result<string, GraphQLError>): Named {
  if (!text.ok) return text
  const named = withText(request, given, text.value)
  const { method, headers } = request
  return ok(named === request ? request : { ...named, posted: postedIn(method, headers['content-type'], named.body) })
}

/** Node writes a list of headers as it is. */
function send(response: ServerResponse, requestId: string, { status, headers, body }: Answer): void {
  const length = Buffer.byteLength(body)
  const list = [REQUEST_ID_HEADER, requestId, 'content-length', `${length}`]
  for (const [name, value] of Object.entries(headers)) list.push(name, value)
  response.writeHead(status, list)
  // The same bytes, but that nothing has to be encoded.
  response.end(body, length === body.length ? 'latin1' : 'utf8')
}
