import type { Clock } from '@opsource/kernel'
import type { WellKnownRoute } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import { sessionRevoked } from './events.ts'
import { revocationsAt } from './session-store.ts'
import type { SigningKeys } from './signing-keys.ts'

/** What every service needs to verify a token by itself. Public: neither holds a secret. */
export function wellKnownRoutes(database: Database, keys: SigningKeys, clock: Clock): WellKnownRoute[] {
  return [
    { path: '/.well-known/jwks.json', answer: async () => JSON.stringify(await keys.jwks()) },
    {
      path: '/.well-known/revocations.json',
      answer: async () => {
        const revocations = await revocationsAt(database, clock.now())
        return JSON.stringify({ revocations: revocations.map(sessionRevoked) })
      },
    },
  ]
}
