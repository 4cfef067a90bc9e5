import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { outerPath } from './aliases.ts'
import type { Place } from './places.ts'

/** An error of a subgraph at one place of the answer; undefined where no single place is to blame. */
export function subgraphError(
  { message, extensions }: GraphQLFormattedError,
  serviceName: string,
  path: Place | undefined,
): GraphQLError {
  return new GraphQLError(message || `The subgraph ${serviceName} failed.`, {
    ...(path ? { path: outerPath(path) } : {}),
    extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', ...extensions, serviceName },
  })
}

/** A subgraph answered something that the plan's fetch cannot mean. */
export function unfitAnswer(serviceName: string, reason: string): GraphQLError {
  return new GraphQLError(`${serviceName}: ${reason}`, { extensions: { code: 'INTERNAL_SERVER_ERROR', serviceName } })
}
