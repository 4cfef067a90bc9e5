import type { SerializedRequest } from '@opsource/subgraph'
import { type Client, createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { z } from 'zod'
import { checkResult, type UpstreamSink } from './upstream.ts'

/** How long a socket stays open without a subscription: clients that come back soon find it warm. */
const IDLE_CLOSE_MS = 5_000
const PING_EVERY_MS = 10_000
/** A subgraph that does not answer a ping within this is taken for gone, although its socket still stands. */
const PONG_WITHIN_MS = 5_000

const operationSchema = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})
const graphqlErrors = z.array(
  z.looseObject({ message: z.string(), extensions: z.record(z.string(), z.unknown()).optional() }),
)

/** graphql-transport-ws clients of one subgraph: the caller is told once per socket, so each caller has a socket of its own. */
export class UpstreamSockets {
  readonly #service: string
  readonly #url: string
  readonly #clients = new Map<string, Client>()

  constructor(service: string, httpUrl: string) {
    this.#service = service
    this.#url = httpUrl.replace(/^http/, 'ws')
  }

  subscribe(request: SerializedRequest, sink: UpstreamSink): () => void {
    const { query, variables, operationName } = operationSchema.parse(JSON.parse(request.body))
    let live = true
    const end = (tell: () => void) => {
      if (!live) return
      live = false
      tell()
    }
    const dispose = this.#client(request.headers.authorization ?? '').subscribe(
      { query, variables: variables ?? null, operationName: operationName ?? null },
      {
        next: (message) => {
          const event = checkResult(this.#service, message)
          if (event.data !== undefined) return void (live && sink.next(event))
          end(() => sink.refused(event.errors ?? []))
          dispose()
        },
        complete: () => end(() => sink.complete()),
        error: (reason) =>
          end(() => {
            const errors = graphqlErrors.safeParse(reason)
            if (errors.success) sink.refused(checkResult(this.#service, { errors: errors.data }).errors ?? [])
            else sink.lost(describe(reason))
          }),
      },
    )
    return () => {
      live = false
      dispose()
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.dispose()))
    this.#clients.clear()
  }

  #client(authorization: string): Client {
    const known = this.#clients.get(authorization)
    if (known) return known
    let pongTimer: NodeJS.Timeout | undefined
    const client: Client = createClient({
      url: this.#url,
      webSocketImpl: WebSocket,
      lazyCloseTimeout: IDLE_CLOSE_MS,
      keepAlive: PING_EVERY_MS,
      // Reconnecting is the feed's work: it knows which streams may go on with a fresh snapshot.
      retryAttempts: 0,
      connectionParams: authorization === '' ? {} : { authorization },
      on: {
        ping: (received) => {
          if (!received) pongTimer = setTimeout(() => client.terminate(), PONG_WITHIN_MS)
        },
        pong: (received) => {
          if (received) clearTimeout(pongTimer)
        },
        closed: () => {
          clearTimeout(pongTimer)
          if (this.#clients.get(authorization) === client) this.#clients.delete(authorization)
        },
      },
    })
    this.#clients.set(authorization, client)
    return client
  }
}

function describe(reason: unknown): string {
  if (reason instanceof Error) return reason.message
  const closed = z.object({ code: z.number(), reason: z.string() }).safeParse(reason)
  return closed.success ? `the socket closed with ${closed.data.code} ${closed.data.reason}` : 'the socket failed'
}
