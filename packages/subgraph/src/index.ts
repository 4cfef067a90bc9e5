export { disclose, type Requirement } from './authorization.ts'
export {
  type Connection,
  type CursorKeys,
  connection,
  MAX_PAGE_SIZE,
  type Page,
  pageOf,
  wholeKey,
} from './connection.ts'
export { type ErrorCode, errorCodes, fault, isErrorCode } from './errors.ts'
export { createSubgraph, type SubgraphDefinition } from './graphql-subgraph.ts'
export { type Listening, listen } from './http-server.ts'
export { MAX_BODY_BYTES, MAX_DEPTH, MAX_DOCUMENT_TOKENS } from './limits.ts'
export { perRequest } from './loaders.ts'
export type { Ports, SerializedRequest, Subgraph, SubgraphContext, WellKnownRoute } from './subgraph.ts'
export { wellKnownDocument } from './well-known.ts'
