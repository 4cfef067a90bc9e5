import type { GraphQLError } from 'graphql'
import type { z } from 'zod'
import type { Payload } from '../subscribe/backlog.ts'
import type { Sink } from '../subscribe/sink.ts'

/** Where a test puts what a reader is given; it takes as much as the test lets it. */
export class Shelf implements Sink {
  readonly texts: string[] = []
  ending: { fault: GraphQLError | null } | null = null
  isReady = true

  write(payload: Payload): void {
    if (!this.isReady) throw new Error('a sink was written to that was not ready')
    if (this.ending) throw new Error('a sink was written to after its end')
    this.texts.push(payload.tail.slice(0, -1))
  }

  end(fault: GraphQLError | null): void {
    if (this.ending) throw new Error('a sink was ended twice')
    this.ending = { fault }
  }

  read<T>(schema: z.ZodType<T>): T[] {
    return this.texts.map((text) => schema.parse(JSON.parse(text)))
  }
}
