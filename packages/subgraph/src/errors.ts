import { GraphQLError } from 'graphql'

/** Every `extensions.code` that the graph answers, with what it means to a client. */
export const errorCodes = {
  BAD_USER_INPUT: 'The request, a variable or an argument cannot be read as what it should be.',
  UNAUTHENTICATED:
    'There is no token where one is needed, or the token does not count: it is expired, revoked, foreign or tampered with.',
  FORBIDDEN: 'The token does not carry the scope that the field asks for.',
  UNAUTHORIZED_FIELD_OR_TYPE:
    'The caller may not see this field, or the type that it gives. It is null; the rest of the operation was answered.',
  RATE_LIMITED: 'Too much in too short a time. `Retry-After` and `extensions.retryAfterMs` say when to come again.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  PERSISTED_QUERY_NOT_FOUND: 'Nobody knows an operation by that hash: send its text along, once.',
  OPERATION_NOT_LISTED: 'The credentials may run only operations that are registered with the server.',
  REQUEST_TOO_LARGE: 'The body is larger than the limit. Nothing of it was read.',
  QUERY_TOO_DEEP: 'The operation nests deeper than the limit.',
  QUERY_TOO_COMPLEX: 'The operation costs more than the limit.',
  TOO_MANY_CONNECTIONS: 'The caller holds as many connections as one may: close one first.',
  SUBGRAPH_UNAVAILABLE:
    'A subgraph did not answer; only its own fields are missing. What a mutation asked of it may have happened: send it again with the same key.',
  SUBGRAPH_ANSWER_TOO_LARGE:
    "A subgraph's answer is larger than what is read of one; only its own fields are missing. Ask for less. What a mutation asked of it has probably happened: send it again with the same key.",
  SUBSCRIPTION_GAP: 'Something of a complete stream would have been missed: subscribe again from where you are.',
  SUBSCRIPTION_CONNECTION_LOST: 'The connection behind a subscription broke: subscribe again.',
  SUBSCRIPTION_SCHEMA_RELOAD: 'The graph changed under a subscription: subscribe again.',
  SERVER_SHUTDOWN: 'The server is stopping: try again elsewhere or later.',
  INTERNAL_SERVER_ERROR: 'A fault of ours. It is in the log, under the id of the request.',
} as const

export type ErrorCode = keyof typeof errorCodes

/** A fault as GraphQL carries it. Refusals of business rules are data, not faults. */
export function fault(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code)
}
