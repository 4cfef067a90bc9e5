import { fault, type SubgraphContext } from '@opsource/subgraph'

/** The user's id. The schema lets nobody without a token reach a resolver that asks for it. */
export function callerOf({ identity }: SubgraphContext): string {
  if (!identity) throw fault('UNAUTHENTICATED', 'This needs an access token.')
  return identity.userId
}
