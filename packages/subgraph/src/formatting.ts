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
 * is answered as INTERNAL_SERVER_ERROR, so that no SQL, stack or path leaves the process.
 */
export function maskError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const place = {
    ...(formatted.path ? { path: formatted.path } : {}),
    ...(formatted.locations ? { locations: formatted.locations } : {}),
  }
  const code = codeOf(formatted, error)
  if (code !== undefined) return { message: formatted.message, ...place, extensions: { code } }
  return { message: INTERNAL, ...place, extensions: { code: 'INTERNAL_SERVER_ERROR' } }
}

/** Writes down what a client is not told. */
export function logInternal(error: GraphQLError, log: Logger): void {
  if (codeOf(error, error) === undefined) log.error({ err: originOf(error), path: error.path }, 'a resolver failed')
}

/** As a client may see it; what it may not see is logged. */
export function formatError(error: GraphQLError, log: Logger): GraphQLFormattedError {
  logInternal(error, log)
  return maskError(error.toJSON(), error)
}

/** The serialised answer to a request that did not reach execution. */
export function refusal(error: unknown, log: Logger): string {
  const known =
    error instanceof GraphQLError
      ? error
      : new GraphQLError(INTERNAL, { extensions: { code: 'INTERNAL_SERVER_ERROR' } })
  if (known !== error) log.error({ err: error }, 'a request failed')
  return JSON.stringify({ errors: [maskError(known.toJSON(), known)] })
}

/** The code of the table; undefined where the error is internal. */
function codeOf(given: { readonly extensions?: { readonly code?: unknown } }, error: unknown): ErrorCode | undefined {
  // Apollo Server gives its own code to whatever a validation rule of ours reports.
  const code = ownCodeOf(error) ?? given.extensions?.code
  const named = typeof code === 'string' ? (RENAMED[code] ?? code) : undefined
  return isErrorCode(named) && named !== 'INTERNAL_SERVER_ERROR' ? named : undefined
}

function ownCodeOf(error: unknown): unknown {
  const original = error instanceof GraphQLError ? error.originalError : undefined
  return original instanceof GraphQLError ? original.extensions.code : undefined
}

function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? error.originalError : error
}
