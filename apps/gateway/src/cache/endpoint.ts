import type { ApolloServer, ApolloServerPlugin, HTTPGraphQLRequest } from '@apollo/server'
import type { Identity } from '@opsource/identity'
import { z } from 'zod'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { CachePolicies } from './policies.ts'
import type { CachedAnswer, CacheRequest, ResponseCache, SerializedAnswer } from './response-cache.ts'

/** A header that says more than this is no browser's. */
const MAX_ACCEPT_CHARACTERS = 256

const bodySchema = z.looseObject({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
})

/** What of a request its answer depends on; null where the answer is always its own: only what browsers ask leave for first is shared. */
export function cacheRequestOf(request: HTTPGraphQLRequest, identity: Identity | null): CacheRequest | null {
  const accept = request.headers.get('accept') ?? ''
  const isJson = request.headers.get('content-type')?.startsWith('application/json') ?? false
  if (request.method !== 'POST' || !isJson || accept.length > MAX_ACCEPT_CHARACTERS) return null
  const parsed = bodySchema.safeParse(request.body)
  if (!parsed.success) return null
  const { query, operationName, variables } = parsed.data
  return { text: query, operationName: operationName ?? null, variables: variables ?? null, accept, identity }
}

/** Runs a request as nobody's own: whoever waits for the same answer gets it. */
export async function executeShared(
  server: ApolloServer<OperationContext>,
  request: HTTPGraphQLRequest,
  context: OperationContext,
): Promise<SerializedAnswer> {
  const { status, headers, body } = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: request,
    context: async () => context,
  })
  if (body.kind !== 'complete') throw new Error('the answer came in parts')
  return { status: status ?? 200, contentType: headers.get('content-type') ?? '', body: body.string }
}

/** What tells a client, and caches on its way, how old the answer is and how long it is good. */
export function cacheHeaders({ outcome, ageMs, policy, answer }: CachedAnswer): Record<string, string> {
  const headers = { 'x-cache': outcome, 'content-type': answer.contentType }
  if (answer.status !== 200) return { ...headers, 'cache-control': 'no-store' }
  const left = Math.max(0, Math.floor((policy.maxAgeMs - ageMs) / 1_000))
  return {
    ...headers,
    age: String(Math.floor(ageMs / 1_000)),
    'cache-control': `max-age=${left}, ${policy.scope.toLowerCase()}`,
  }
}

/** Learns which operations' answers may be kept, and forgets what was kept for a caller who changes something. */
export function cacheLearning(
  responses: ResponseCache,
  policies: () => CachePolicies,
): ApolloServerPlugin<OperationContext> {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ request, document, operation, source, contextValue }) => {
        const { identity } = contextValue.caller
        if (operation?.operation === 'mutation' && identity) await responses.forgetPrivate(identity)
        if (operation?.operation !== 'query' || !document || source === undefined) return
        const name = request.operationName ?? null
        if (policies().find(source, name) === undefined) policies().learn(source, name, document)
      },
    }),
  }
}
