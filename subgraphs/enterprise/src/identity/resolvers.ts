import type { Identity } from '@opsource/identity'
import { disclose, fault } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { apiKeysOf } from './api-key-store.ts'
import type { ApiKeys } from './api-keys.ts'
import { invalidInput, refusal } from './refusals.ts'
import type { Sessions, StartedSession } from './sessions.ts'

export function identityResolvers(database: Database, sessions: Sessions, apiKeys: ApiKeys): Resolvers {
  return {
    Mutation: {
      register: async (_root, { input }) => {
        const begun = await sessions.register(input)
        if (begun.ok) return sessionStarted(begun.value)
        if (begun.error.reason === 'INVALID_INPUT') return invalidInput(begun.error)
        if (begun.error.reason === 'BUSY') return { ...refusal('BUSY'), retryAfterMs: begun.error.retryAfterMs }
        return refusal('EMAIL_TAKEN')
      },
      logIn: async (_root, { input }) => {
        const begun = await sessions.logIn(input)
        if (begun.ok) return sessionStarted(begun.value)
        if (begun.error.reason === 'INVALID_INPUT') return invalidInput(begun.error)
        if (begun.error.reason === 'BUSY') return { ...refusal('BUSY'), retryAfterMs: begun.error.retryAfterMs }
        if (begun.error.reason === 'TOO_MANY_ATTEMPTS') {
          return { ...refusal('TOO_MANY_ATTEMPTS'), retryAfterMs: begun.error.retryAfterMs }
        }
        return refusal('WRONG_CREDENTIALS')
      },
      refreshSession: async (_root, { input }) => {
        const refreshed = await sessions.refresh(input.refreshToken)
        return refreshed.ok ? sessionStarted(refreshed.value) : refusal('REFRESH_TOKEN_INVALID')
      },
      logOut: async (_root, _args, { identity }) => ({
        __typename: 'SessionEnded',
        count: await sessions.logOut(present(identity)),
      }),
      revokeSessions: async (_root, { input }, { identity }) => {
        const revoked = await sessions.revoke(present(identity).userId, input.userId, input.sessionId ?? null)
        return revoked.ok ? { __typename: 'SessionEnded', count: revoked.value } : refusal('UNKNOWN_USER')
      },
      createApiKey: async (_root, { input }, { identity }) => {
        const created = await apiKeys.create(present(identity), input)
        if (created.ok) return { __typename: 'ApiKeyCreated', apiKey: created.value.key, secret: created.value.secret }
        if (created.error.reason === 'INVALID_INPUT') return invalidInput(created.error)
        return { ...refusal('TOO_MANY_API_KEYS'), limit: created.error.limit }
      },
      revokeApiKey: async (_root, { id }, { identity }) => {
        const apiKey = await apiKeys.revoke(present(identity), id)
        return apiKey ? { __typename: 'ApiKeyRevoked', apiKey } : refusal('UNKNOWN_API_KEY')
      },
      exchangeApiKey: async (_root, { input }) => {
        const issued = await apiKeys.exchange(input.apiKey)
        if (!issued) return refusal('WRONG_CREDENTIALS')
        return {
          __typename: 'AccessTokenIssued',
          accessToken: issued.token,
          expiresAt: new Date(issued.expiresAt).toISOString(),
        }
      },
    },
    User: {
      apiKeys: (user, _args, { identity }) =>
        user.isSelf || identity?.userId === user.id ? apiKeysOf(database, user.id) : null,
    },
    ApiKey: {
      createdAt: ({ createdAt }) => createdAt.toISOString(),
      revokedAt: ({ revokedAt }) => revokedAt?.toISOString() ?? null,
    },
  }
}

/** The user in the answer is whoever has just shown the password, although the request carries no token yet. */
function sessionStarted({ user, accessToken, refreshToken }: StartedSession) {
  return {
    __typename: 'SessionStarted' as const,
    tokens: {
      accessToken: accessToken.token,
      accessTokenExpiresAt: new Date(accessToken.expiresAt).toISOString(),
      refreshToken,
    },
    user: disclose({ ...user, isSelf: true as const }),
  }
}

/** The schema asks for a token before a resolver runs; should it ever not, nothing happens here. */
function present(identity: Identity | null): Identity {
  if (!identity) throw fault('UNAUTHENTICATED', 'This needs an access token.')
  return identity
}
