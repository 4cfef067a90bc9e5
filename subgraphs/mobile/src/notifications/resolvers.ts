import type { Cache } from '@opsource/cache'
import type { Identity } from '@opsource/identity'
import type { Clock } from '@opsource/kernel'
import { connection, fault, pageOf } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { NotificationParent } from '../parents.ts'
import { NotificationFeed } from './feed.ts'
import { markRead, notificationOf, notificationsBefore } from './store.ts'

export function notificationResolvers(database: Database, cache: Cache, clock: Clock): Resolvers {
  const pageOfUser = async (
    userId: string,
    args: { first?: number | null | undefined; after?: string | null | undefined },
  ) => {
    const page = pageOf(args, { keys: 1 })
    const before = page.after && position(page.after[0])
    const rows = await notificationsBefore(database, userId, page.first + 1, before)
    return connection(rows, page, ({ sequence }) => [String(sequence)])
  }
  return {
    Query: {
      notifications: (_root, args, { identity }) => pageOfUser(present(identity).userId, args),
    },
    User: {
      notifications: ({ id }, args, { identity }) => (identity?.userId === id ? pageOfUser(id, args) : null),
    },
    Mutation: {
      markNotificationsRead: async (_root, { upTo }, { identity }) => {
        const { userId } = present(identity)
        const last = await notificationOf(database, userId, upTo)
        if (last) {
          const count = await markRead(database, userId, last.sequence, new Date(clock.now()))
          return { __typename: 'NotificationsRead', count }
        }
        const message = 'There is no such notification of yours.'
        return { __typename: 'UnknownNotification', code: 'UNKNOWN_NOTIFICATION', message }
      },
    },
    Subscription: {
      notificationReceived: {
        subscribe: (_root, { after }, { identity }) => {
          const { userId } = present(identity)
          return new NotificationFeed(database, cache, userId, after == null ? null : BigInt(after)).open()
        },
        resolve: (notification: NotificationParent) => notification,
      },
    },
    Notification: {
      __resolveReference: ({ id }, { identity }) => (identity ? notificationOf(database, identity.userId, id) : null),
      kind: ({ anomalyId }) => (anomalyId === null ? 'ORDER_FILLED' : 'MARKET_ANOMALY'),
      sequence: ({ sequence }) => Number(sequence),
      order: ({ orderId }) => (orderId === null ? null : { id: orderId }),
      anomaly: ({ anomalyId }) => (anomalyId === null ? null : { id: anomalyId }),
      market: ({ symbol }) => (symbol === null ? null : { symbol }),
      createdAt: ({ createdAt }) => createdAt.toISOString(),
      readAt: ({ readAt }) => readAt?.toISOString() ?? null,
    },
  }
}

/** The schema asks for a token before a resolver runs; should it ever not, nothing happens here. */
function present(identity: Identity | null): Identity {
  if (!identity) throw fault('UNAUTHENTICATED', 'This needs an access token.')
  return identity
}

function position(key: string | number | undefined): bigint {
  const text = String(key)
  if (!/^\d{1,18}$/.test(text)) throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
  return BigInt(text)
}
