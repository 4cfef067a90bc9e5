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

/** A subgraph allows 1,000 on one socket; streams that are read alone can be more, all of callers without a token. */
const MAX_SUBSCRIPTIONS = 500

const operationSchema = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})
const graphqlErrors = z.array(
  z.looseObject({ message: z.string(), extensions: z.record(z.string(), z.unknown()).optional() }),
)

/** A socket and how many subscriptions it carries. */
interface Line {
  readonly client: Client
  subscriptions: number
}

/** graphql-transport-ws clients of one subgraph: the caller is told once per socket, so each caller has sockets of its own. */
export class UpstreamSockets {
  readonly #service: string
  readonly #url: string
  readonly #socketOfSize: ReturnType<typeof socketOf>
  readonly #lines = new Map<string, Set<Line>>()

  /** @param maxPayload bytes of one message: a socket that brings a longer one is lost. */
  constructor(service: string, httpUrl: string, maxPayload: number) {
    this.#service = service
    this.#socketOfSize = socketOf(maxPayload)
    this.#url = httpUrl.replace(/^http/, 'ws')
  }

  subscribe(request: SerializedRequest, sink: UpstreamSink): () => void {
    const { query, variables, operationName } = operationSchema.parse(JSON.parse(request.body))
    const line = this.#line(request.headers.authorization ?? '')
    line.subscriptions++
    let live = true
    const leave = () => {
      if (!live) return false
      live = false
      line.subscriptions--
      return true
    }
    const end = (tell: () => void) => {
      if (leave()) tell()
    }
    const dispose = line.client.subscribe(
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
      leave()
      dispose()
    }
  }

  async close(): Promise<void> {
    const lines = [...this.#lines.values()].flatMap((each) => [...each])
    this.#lines.clear()
    await Promise.all(lines.map(({ client }) => client.dispose()))
  }

  #line(authorization: string): Line {
    const lines = this.#lines.get(authorization) ?? new Set()
    this.#lines.set(authorization, lines)
    for (const line of lines) if (line.subscriptions < MAX_SUBSCRIPTIONS) return line
    const client = this.#open(authorization, () => {
      lines.delete(line)
      if (lines.size === 0 && this.#lines.get(authorization) === lines) this.#lines.delete(authorization)
    })
    const line: Line = { client, subscriptions: 0 }
    lines.add(line)
    return line
  }

  #open(authorization: string, onClosed: () => void): Client {
    let pongTimer: NodeJS.Timeout | undefined
    const client: Client = createClient({
      url: this.#url,
      webSocketImpl: this.#socketOfSize,
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
          onClosed()
        },
      },
    })
    return client
  }
}

/** What graphql-ws opens, which gives it no options. */
function socketOf(maxPayload: number) {
  return class extends WebSocket {
    constructor(url: string | URL, protocols: string | string[]) {
      super(url, protocols, { maxPayload })
    }
  }
}

function describe(reason: unknown): string {
  if (reason instanceof Error) return reason.message
  const closed = z.object({ code: z.number(), reason: z.string() }).safeParse(reason)
  return closed.success ? `the socket closed with ${closed.data.code} ${closed.data.reason}` : 'the socket failed'
}
