import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { z } from 'zod'

/** Between two attempts to subscribe again, after the gateway ended a subscription. */
const RESUBSCRIBE_PAUSE_MS = 500

/** What a reader of a subscription hears. */
export interface LiveReader<T> {
  next(event: T): void
  /** Events may have been missed: the subscription ended and begins again. */
  missed(): void
}

/** Subscriptions through the gateway over graphql-transport-ws, begun again for as long as the client is open. */
export class LiveClient {
  readonly #client: Client
  readonly #readers = new Set<{ missed(): void }>()
  #open = true

  /** @param url `http://host:port/graphql` */
  constructor(url: string) {
    this.#client = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => this.#open,
      on: {
        // The library subscribes again by itself after a lost connection, and nobody would know what was missed.
        connected: (_socket, _payload, wasRetry) => {
          if (wasRetry) for (const reader of this.#readers) reader.missed()
        },
      },
    })
  }

  /** Reads until the client closes. Events that are not what they should be count as missed. */
  read<T>(query: string, variables: Record<string, unknown>, event: z.ZodType<T>, reader: LiveReader<T>): void {
    this.#readers.add(reader)
    const again = () => {
      this.#readers.delete(reader)
      if (!this.#open) return
      reader.missed()
      setTimeout(() => this.#open && this.read(query, variables, event, reader), RESUBSCRIBE_PAUSE_MS).unref()
    }
    this.#client.subscribe(
      { query, variables },
      {
        next: (result) => {
          const parsed = event.safeParse(result.data)
          if (parsed.success) reader.next(parsed.data)
          else reader.missed()
        },
        error: again,
        complete: again,
      },
    )
  }

  async close(): Promise<void> {
    this.#open = false
    await this.#client.dispose()
  }
}
