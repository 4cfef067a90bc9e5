import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import type { ErrorCode } from './errors.ts'
import { isErrorCode } from './errors.ts'

const INTERNAL = 'Something went wrong on our side.'

/** Apollo Server's own codes that the table of this graph names otherwise. */
const RENAMED: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_FOUND: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_SUPPORTED: 'BAD_USER_INPUT',
}

/**
 * What a client may know of an error: a code of the table, and the message only where the code is ours to give. Everything else
 * is logged and answered as INTERNAL_SERVER_ERROR, so that no SQL, stack or path leaves the process.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  // Apollo Server gives its own code to whatever a validation rule of ours reports.
  const given = ownCodeOf(error) ?? formatted.extensions?.code
  const code = typeof given === 'string' ? (RENAMED[given] ?? given) : undefined
  const place = {
    ...(formatted.path ? { path: formatted.path } : {}),
    ...(formatted.locations ? { locations: formatted.locations } : {}),
  }
  if (isErrorCode(code) && code !== 'INTERNAL_SERVER_ERROR')
    return { message: formatted.message, ...place, extensions: { code } }
  log.error({ err: originOf(error), path: formatted.path }, 'a resolver failed')
  return { message: INTERNAL, ...place, extensions: { code: 'INTERNAL_SERVER_ERROR' } }
}

/** The serialised answer to a request that did not reach execution. */
export function refusal(error: unknown, log: Logger): string {
  const known =
    error instanceof GraphQLError
      ? error
      : new GraphQLError(INTERNAL, { extensions: { code: 'INTERNAL_SERVER_ERROR' } })
  return JSON.stringify({ errors: [formatError(known.toJSON(), error, log)] })
}

function ownCodeOf(error: unknown): unknown {
  const original = error instanceof GraphQLError ? error.originalError : undefined
  return original instanceof GraphQLError ? original.extensions.code : undefined
}

function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? error.originalError : error
}
