import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HTTPGraphQLRequest } from '@apollo/server'
import { ok, type Result } from '@opsource/kernel'
import { type GraphQLError, getOperationAST } from 'graphql'
import { publicError } from '../errors.ts'
import type { Caller } from '../identity/caller.ts'
import type { Connections } from '../identity/connections.ts'
import type { Sessions } from '../identity/session.ts'
import { parseOperation } from '../limits/operation.ts'
import { type PostedOperation, postedOperation } from '../operations/request.ts'
import type { Payload } from '../subscribe/backlog.ts'
import type { Sink } from '../subscribe/sink.ts'
import type { LiveOperation, Subscriptions } from '../subscribe/subscriptions.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import { MAX_UNSENT, SHARED_FROM } from './outlet.ts'
import { codesOf, type Records } from './request-log.ts'
import { respondFault } from './respond.ts'

const ACCEPTED = /multipart\/mixed\s*;[^,]*subscriptionSpec="?1\.0"?/i
const CONTENT_TYPE = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
const DELIMITER = '\r\n--graphql'
const HEAD = '\r\ncontent-type: application/json\r\n\r\n'
/** As Apollo's router does: proxies close what says nothing for a minute. */
const HEARTBEAT_EVERY_MS = 5_000
/** A client that has not read for as long is let go. */
const MAX_BLOCKED_HEARTBEATS = 18

/** What a caller is told who may not have a subscription at all. */
const DENIALS: ReadonlySet<unknown> = new Set(['UNAUTHENTICATED', 'FORBIDDEN'])

export interface MultipartOptions {
  readonly subscriptions: Pick<Subscriptions, 'subscribe'>
  readonly sessions: Pick<Sessions, 'open'>
  readonly connections: Connections
  readonly records: Records
}

interface Admitted {
  readonly caller: Caller
  readonly release: () => void
}

/**
 * Subscriptions over HTTP for those who cannot open a WebSocket, one for each request
 * (https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol).
 */
export class MultipartSubscriptions {
  readonly #options: MultipartOptions

  constructor(options: MultipartOptions) {
    this.#options = options
  }

  /** @returns what a request for a subscription in this form asks for; null for any other request. */
  operationOf(request: HTTPGraphQLRequest): PostedOperation | null {
    if (!ACCEPTED.test(request.headers.get('accept') ?? '')) return null
    const posted = postedOperation(request)
    const document = posted && parseOperation(posted.query)
    const isLive = document?.ok && getOperationAST(document.value, posted?.operationName)?.operation === 'subscription'
    return isLive ? posted : null
  }

  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    { query, operationName, variables }: PostedOperation,
    asked: Omit<OperationContext, 'caller'>,
  ): Promise<void> {
    const startedAt = performance.now()
    const early: GraphQLError[] = []
    let end: (fault: GraphQLError) => void = (fault) => void early.push(fault)
    const admitted = await this.#admit(request, asked.address ?? '', (fault) => end(fault))
    const line = (caller: Caller | null, type: string, codes: string[]) => {
      const outcome = { type, operation: operationName, startedAt, codes }
      this.#options.records.add({ ...asked, caller }, outcome)
    }
    const refuse = (fault: GraphQLError) => {
      line(null, 'none', codesOf([fault.toJSON()]))
      respondFault(response, fault)
    }
    if (!admitted.ok) return refuse(admitted.error)
    const { caller, release } = admitted.value
    // What a response holds it gives back when it is over, however it came to that.
    response.once('close', release)
    if (response.destroyed) return release()
    const [ended] = early
    if (ended) return refuse(ended)
    const context = { ...asked, caller }
    const live = this.#options.subscriptions.subscribe({ query, operationName, variables: variables ?? {}, context })
    const [invalid] = live.ok ? [] : live.error
    if (invalid && !DENIALS.has(invalid.extensions.code)) return refuse(invalid)
    line(caller, 'subscription', invalid ? codesOf([invalid.toJSON()]) : [])
    // The credentials themselves are in order: clients hear of a denial as of every other end of a subscription.
    end = stream(live.ok ? live.value : endedBy(invalid ?? null), response)
  }

  async #admit(
    request: IncomingMessage,
    address: string,
    ended: (fault: GraphQLError) => void,
  ): Promise<Result<Admitted, GraphQLError>> {
    const session = await this.#options.sessions.open(request.headers.authorization, ended)
    if (!session.ok) return session
    const { caller, close } = session.value
    const place = this.#options.connections.take({ userId: caller.identity?.userId, address })
    if (!place.ok) {
      close()
      return place
    }
    const release = () => {
      close()
      place.value.release()
    }
    return ok({ caller, release })
  }
}

function endedBy(fault: GraphQLError | null): LiveOperation {
  return {
    open: (sink) => {
      sink.end(fault)
      return { wake: () => {}, leave: () => {} }
    },
  }
}

/** Fills a response with a subscription. @returns a function that ends it with a fault. */
function stream(live: LiveOperation, response: ServerResponse): (fault: GraphQLError) => void {
  response.writeHead(200, {
    'content-type': CONTENT_TYPE,
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  })
  // A part is read when the delimiter behind it is there, so that each part is sent with it, and the first one first.
  response.write(`${DELIMITER}${part('{}')}`)
  const sink = new ResponseSink(response)
  const reader = live.open(sink)
  response.on('drain', () => reader.wake())
  let blocked = 0
  const heartbeat = setInterval(() => {
    blocked = response.writableLength > 0 ? blocked + 1 : 0
    if (blocked === 0) response.write(part('{}'))
    else if (blocked > MAX_BLOCKED_HEARTBEATS) response.destroy()
  }, HEARTBEAT_EVERY_MS)
  response.once('close', () => {
    clearInterval(heartbeat)
    reader.leave()
  })
  return (fault) => {
    reader.leave()
    sink.end(fault)
  }
}

class ResponseSink implements Sink {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get isReady(): boolean {
    return !this.#response.destroyed && this.#response.writableLength < MAX_UNSENT
  }

  write(payload: Payload): void {
    if (payload.size < SHARED_FROM) return void this.#response.write(part(`{"payload":${payload.tail}`))
    this.#response.write(`${HEAD}{"payload":`)
    this.#response.write(payload.bytes)
    this.#response.write(DELIMITER)
  }

  /** A fault of the stream itself stands beside a payload of null. */
  end(fault: GraphQLError | null): void {
    if (this.#response.writableEnded) return
    const last = fault ? part(JSON.stringify({ payload: null, errors: [publicError(fault.toJSON())] })) : ''
    this.#response.end(`${last}--\r\n`)
  }
}

function part(json: string): string {
  return `${HEAD}${json}${DELIMITER}`
}
