import { type Client, createClient, type FormattedExecutionResult } from 'graphql-ws'
import { WebSocket } from 'ws'
import { z } from 'zod'

const LIVE_PATIENCE_MS = 40_000

const answerSchema = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z
        .object({
          message: z.string(),
          path: z.array(z.union([z.string(), z.number()])).optional(),
          extensions: z.object({ code: z.string() }).loose(),
        })
        .loose(),
    )
    .optional(),
})

/** What the graph answered over HTTP. */
export interface Answer {
  readonly status: number
  readonly data: Readonly<Record<string, unknown>> | null
  /** Of each error, in order. */
  readonly codes: readonly string[]
  readonly text: string
}

/** One event of a subscription. */
export type LiveEvent = FormattedExecutionResult<Record<string, unknown>, unknown>

export interface LiveEvents {
  next(): Promise<LiveEvent>
  /** Reads on until an event fits. */
  until(fits: (event: LiveEvent) => boolean): Promise<LiveEvent>
  end(): Promise<void>
  /** The connection breaks: nobody says goodbye. */
  cut(): void
}

/** Anyone who talks to the graph: over HTTP, and live over graphql-transport-ws. */
export class Visitor {
  readonly url: string
  readonly authorization: string | null
  #sockets: Client[] = []

  /** @param authorization the whole header, such as `Bearer …`, or null. */
  constructor(url: string, authorization: string | null = null) {
    this.url = url
    this.authorization = authorization
  }

  as(authorization: string | null): Visitor {
    return new Visitor(this.url, authorization)
  }

  async ask(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return this.post(JSON.stringify({ query, variables }))
  }

  async post(body: string): Promise<Answer> {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
    }
    if (this.authorization !== null) headers.authorization = this.authorization
    const response = await fetch(this.url, { method: 'POST', headers, body })
    const text = await response.text()
    const answer = answerSchema.parse(JSON.parse(text))
    const codes = (answer.errors ?? []).map((error) => error.extensions.code)
    return { status: response.status, data: answer.data ?? null, codes, text }
  }

  /** Asks what must succeed. @returns the data as the schema has it. */
  async get<T>(schema: z.ZodType<T>, query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const { data, text } = await this.ask(query, variables)
    const parsed = schema.safeParse(data)
    if (!parsed.success) throw new Error(`unexpected answer: ${text}\n${z.prettifyError(parsed.error)}`)
    return parsed.data
  }

  live(query: string, variables: Record<string, unknown> = {}): LiveEvents {
    const connectionParams = this.authorization === null ? {} : { authorization: this.authorization }
    const client = createClient({
      url: this.url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams,
      retryAttempts: 0,
      lazy: true,
    })
    this.#sockets.push(client)
    const events = client.iterate<Record<string, unknown>>({ query, variables })
    const next = async () => {
      const late = Symbol('late')
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<typeof late>((resolve) => {
        timer = setTimeout(() => resolve(late), LIVE_PATIENCE_MS)
      })
      const result = await Promise.race([events.next(), patience])
      clearTimeout(timer)
      if (result === late) throw new Error(`nothing came within ${LIVE_PATIENCE_MS} ms`)
      if (result.done) throw new Error('the stream has ended')
      return result.value
    }
    return {
      next,
      until: async (fits) => {
        const deadline = AbortSignal.timeout(LIVE_PATIENCE_MS)
        while (!deadline.aborted) {
          const event = await next()
          if (fits(event)) return event
        }
        throw new Error(`nothing that fits came within ${LIVE_PATIENCE_MS} ms`)
      },
      end: async () => {
        await events.return?.()
        await client.dispose()
      },
      cut: () => client.terminate(),
    }
  }

  /** Lets go of every live connection. */
  async leave(): Promise<void> {
    await Promise.all(this.#sockets.map((client) => client.dispose()))
    this.#sockets = []
  }
}

/** The same number without trailing zeros, so that decimals compare as texts. */
export const plain = (decimal: string) => (decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal)
