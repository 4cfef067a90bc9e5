export { bearerToken, type Credentials } from './bearer-token.ts'
export { type Identity, type Role, type Scope, scopesOf } from './identity.ts'
export { rolePolicies } from './policies.ts'
export { followRevocations } from './revocation-feed.ts'
export { type DocumentSource, httpSource, type Revocation, revocationListSchema, revocationSchema } from './sources.ts'
export {
  ALGORITHM,
  AUDIENCE,
  CLOCK_TOLERANCE_S,
  ISSUER,
  MAX_TOKEN_LIFE_S,
  TOKEN_TYPE,
  type TokenFault,
  TokenVerifier,
  type TokenVerifierOptions,
} from './token-verifier.ts'
