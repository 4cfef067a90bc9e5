import { type ErrorCode, isErrorCode } from '@opsource/subgraph'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'

/** A fault with a code of the one table. `service` names the subgraph it comes from. */
export function fault(code: ErrorCode, message: string, service?: string): GraphQLError {
  return new GraphQLError(message, { extensions: service === undefined ? { code } : { code, service } })
}

export function unavailable(service: string): GraphQLError {
  return fault('SUBGRAPH_UNAVAILABLE', `The subgraph ${service} is not available.`, service)
}

export function unauthenticated(message: string): GraphQLError {
  return fault('UNAUTHENTICATED', message)
}

/** An error already in the form that clients get. */
export class PublicError extends GraphQLError {
  readonly #formatted: GraphQLFormattedError

  constructor(formatted: GraphQLFormattedError) {
    super(formatted.message, { path: formatted.path ?? null, extensions: formatted.extensions ?? null })
    this.name = 'PublicError'
    this.#formatted = formatted
  }

  override toJSON(): GraphQLFormattedError {
    return this.#formatted
  }
}

/** What graphql-js says where a name is close to one of the schema, of fields, types, arguments, values and inputs alike. */
const SUGGESTION = / ?Did you mean(.+?)\?$/s

/** The message without names that its reader has not sent: for those who may not ask for the schema. */
export function withoutSuggestion(message: string): string {
  return message.replace(SUGGESTION, '')
}

/** A message may name what the client sent, which may be as long as a request. */
const MAX_MESSAGE_CHARACTERS = 1_000

/**
 * What a client may see of an error: a code of the table, the message where that code is not a fault of ours, the place in the
 * answer, and the subgraph at fault. Anything else (stack traces, plans, SQL) stays here.
 */
export function publicError(error: GraphQLFormattedError): GraphQLFormattedError {
  const { code: given, service, serviceName, retryAfterMs } = error.extensions ?? {}
  const code = isErrorCode(given) ? given : 'INTERNAL_SERVER_ERROR'
  const origin = service ?? serviceName
  const extensions = {
    code,
    ...(typeof origin === 'string' ? { service: origin } : {}),
    ...(code === 'RATE_LIMITED' && typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
  }
  return {
    message: code === 'INTERNAL_SERVER_ERROR' ? 'Something failed inside; it is on record.' : shortened(error.message),
    ...(error.locations ? { locations: error.locations } : {}),
    ...(error.path ? { path: error.path } : {}),
    extensions,
  }
}

function shortened(message: string): string {
  return message.length <= MAX_MESSAGE_CHARACTERS ? message : `${message.slice(0, MAX_MESSAGE_CHARACTERS)}…`
}
