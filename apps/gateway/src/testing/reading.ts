import type { Client } from 'graphql-ws'

interface Answer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly {
    message: string
    path?: readonly (string | number)[]
    extensions?: Record<string, unknown>
  }[]
}

/** How a subscription ended: by itself, by errors, or with its socket. */
export type Ending =
  | { kind: 'COMPLETE' }
  | { kind: 'ERROR'; codes: unknown[]; messages: string[] }
  | { kind: 'CLOSED'; code: number; reason: string }

/** One subscription of a test, and all that came of it. */
export class Reading {
  readonly answers: Answer[] = []
  ending: Ending | null = null
  readonly stop: () => void

  constructor(client: Client, query: string, variables: Record<string, unknown> = {}) {
    this.stop = client.subscribe<Record<string, unknown>>(
      { query, variables },
      {
        // What the gateway says of an answer is kept apart from what it answers.
        next: ({ extensions: _, ...answer }) => void this.answers.push(answer as Answer),
        complete: () => {
          this.ending ??= { kind: 'COMPLETE' }
        },
        error: (reason) => {
          this.ending = endingOf(reason)
        },
      },
    )
  }

  /** The named field of every answer so far. */
  field<T>(name: string): (T | null | undefined)[] {
    return this.answers.map(({ data }) => data?.[name] as T | null | undefined)
  }

  get codes(): unknown[][] {
    return this.answers.map(({ errors }) => (errors ?? []).map(({ extensions }) => extensions?.code))
  }
}

function endingOf(reason: unknown): Ending {
  if (Array.isArray(reason))
    return {
      kind: 'ERROR',
      codes: reason.map(({ extensions }) => extensions?.code),
      messages: reason.map(({ message }) => message),
    }
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'reason' in reason) {
    return { kind: 'CLOSED', code: Number(reason.code), reason: String(reason.reason) }
  }
  return { kind: 'ERROR', codes: [], messages: [String(reason)] }
}

/** Waits until something holds; fails with what it waited for. */
export async function until(condition: () => boolean, what: string, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
