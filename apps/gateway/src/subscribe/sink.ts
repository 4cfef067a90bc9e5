import type { GraphQLError } from 'graphql'
import type { Payload } from './backlog.ts'

/** Where one reader's events go: a subscription of a socket, or an HTTP response. */
export interface Sink {
  /** Whether it takes an event now. One that does not wakes its reader when it does again. */
  readonly isReady: boolean
  /** Called only while it is ready. */
  write(payload: Payload): void
  /** Called once, after the last event. Null: the source has no more to say. */
  end(fault: GraphQLError | null): void
}
