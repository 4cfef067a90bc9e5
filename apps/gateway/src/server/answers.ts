import type { IncomingHttpHeaders } from 'node:http'
import { type ApolloServer, HeaderMap } from '@apollo/server'
import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql'
import { LRUCache } from 'lru-cache'
import { MAX_ACCEPT_CHARACTERS } from '../cache/response-cache.ts'
import type { GraphGateway } from '../execute/graph-gateway.ts'
import type { CachePolicy } from '../execute/source.ts'
import type { KnownOperation, KnownOperations } from '../operations/known.ts'
import type { OperationRequest, PostedOperation } from '../operations/request.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import { codesOf } from './request-log.ts'

/** Different `accept` headers in use at once. */
const MAX_ACCEPTED = 100
const NOT_KEPT = 'no-store'

/** An answer as HTTP carries it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An operation that was answered, before its answer leaves. */
export interface Answered {
  readonly context: OperationContext
  /** `none` where it did not come so far as to have a type. */
  readonly type: string
  /** Its own name, if it has one. */
  readonly operation: string | null
  readonly codes: readonly string[]
  /** What clients hear only the code of. */
  readonly errors: readonly Error[]
}

export interface AnswersOptions {
  readonly server: ApolloServer<OperationContext>
  readonly graphs: GraphGateway
  readonly known: KnownOperations
  /** How an error looks to clients. */
  readonly format: (error: GraphQLError) => GraphQLFormattedError
  /** Whether Apollo Server must see every operation. */
  readonly watchesAll: boolean
  readonly answered: (answered: Answered) => Promise<void> | undefined
}

/**
 * Answers queries and mutations over HTTP. Apollo Server reads, validates and answers them; one that it has found valid is executed at once
 * when it comes again, and where that goes without an error the answer is written here, as Apollo Server writes it.
 */
export class Answers {
  readonly #options: AnswersOptions
  /** The content types that Apollo Server chose. */
  readonly #contentTypes = new LRUCache<string, string>({ max: MAX_ACCEPTED })

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  async answer(request: OperationRequest, context: OperationContext): Promise<Answer> {
    const { posted, headers } = request
    const contentType = this.#contentTypes.get(headers.accept ?? '')
    const known = posted && posted.extensions === undefined ? this.#options.known.find(posted) : undefined
    if (!known || contentType === undefined || this.#options.watchesAll) return this.#throughApollo(request, context)
    return this.#execute(known, posted?.variables ?? {}, context, contentType, request)
  }

  async #execute(
    known: KnownOperation,
    variables: NonNullable<PostedOperation['variables']>,
    context: OperationContext,
    contentType: string,
    request: OperationRequest,
  ): Promise<Answer> {
    const { graph, document, definition, name, policy } = known
    const age = new OverallPolicy(policy)
    const executed = this.#options.graphs.execute({ graph, document, operationName: name, variables, context }, age)
    const result = await executed.catch(() => null)
    const { graphs, answered, format } = this.#options
    // What has happened must be told, also where the graph has changed meanwhile and Apollo Server finds the operation no longer valid.
    const isPast = result?.data !== undefined && !graphs.isCurrent(graph)
    // Else how errors look to clients, and which status they have, is decided in one place.
    if (!result || (result.errors && !isPast)) return this.#throughApollo(request, { ...context, executed })
    const operation = definition.name?.value ?? null
    const { errors = [] } = result
    const told = errors.map(format)
    const noted = answered({ context, type: definition.operation, operation, codes: codesOf(told), errors })
    if (noted) await noted
    return {
      status: 200,
      headers: { 'content-type': contentType, 'cache-control': told.length > 0 ? NOT_KEPT : age.header },
      body: bodyOf(result, told),
    }
  }

  async #throughApollo(request: OperationRequest, context: OperationContext): Promise<Answer> {
    const { method, search, body, headers: given } = request
    const {
      status,
      headers,
      body: written,
    } = await this.#options.server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method, search, body, headers: headerMap(given) },
      context: async () => context,
    })
    if (written.kind !== 'complete') throw new Error('the answer came in parts')
    const contentType = headers.get('content-type')
    if (method === 'POST' && status === undefined && contentType !== undefined) this.#learn(given.accept, contentType)
    return { status: status ?? 200, headers: Object.fromEntries(headers), body: written.string }
  }

  #learn(accept = '', contentType: string): void {
    if (accept.length <= MAX_ACCEPT_CHARACTERS) this.#contentTypes.set(accept, contentType)
  }
}

/** How long an answer may be kept: what the graph says, narrowed by what the subgraphs say. */
class OverallPolicy implements CachePolicy {
  #maxAge = 0
  #isPrivate = false

  constructor(policy: KnownOperation['policy']) {
    if (!policy) return
    this.#maxAge = policy.maxAgeMs / 1_000
    this.#isPrivate = policy.scope === 'PRIVATE'
  }

  restrict({ maxAge, scope }: Parameters<CachePolicy['restrict']>[0]): void {
    if (maxAge !== undefined && maxAge < this.#maxAge) this.#maxAge = maxAge
    if (scope === 'PRIVATE') this.#isPrivate = true
  }

  get header(): string {
    return this.#maxAge === 0 ? NOT_KEPT : `max-age=${this.#maxAge}, ${this.#isPrivate ? 'private' : 'public'}`
  }
}

function bodyOf({ data, extensions }: ExecutionResult, errors: readonly GraphQLFormattedError[]): string {
  return `${JSON.stringify(errors.length === 0 ? { data, extensions } : { errors, data, extensions })}\n`
}

/** As Apollo Server takes them. */
export function headerMap(given: IncomingHttpHeaders): HeaderMap {
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}
