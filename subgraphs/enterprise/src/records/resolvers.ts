import type { Identity } from '@opsource/identity'
import { formatDecimal } from '@opsource/kernel'
import { connection, fault, pageOf, type SubgraphContext } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { UserParent } from '../parents.ts'
import { isId } from '../users/index.ts'
import { readBook, tradesBefore } from './store.ts'

type LoadUser = (context: SubgraphContext, id: string) => Promise<UserParent | null>

export function recordResolvers(database: Database, loadUser: LoadUser): Resolvers {
  return {
    Query: {
      bookOfRecord: async () => {
        const { watermark, tradeCount, totals } = await readBook(database)
        return {
          watermark: Number(watermark),
          tradeCount: Number(tradeCount),
          accounts: totals.map(({ accountId, asset, scale, total }) => ({
            accountId,
            asset,
            total: formatDecimal(total, scale),
          })),
        }
      },
      recordedTrades: async (_root, args, { identity }) => {
        if (!identity) throw fault('UNAUTHENTICATED', 'This needs an access token.')
        const page = pageOf(args, { keys: 2 })
        const cursor = page.after && { engineSequence: integer(page.after[0]), tradeId: identifier(page.after[1]) }
        const rows = await tradesBefore(database, readsAll(identity) ? null : identity.userId, page.first + 1, cursor)
        return connection(rows, page, ({ engineSequence, tradeId }) => [String(engineSequence), tradeId])
      },
    },
    RecordedTrade: {
      buyer: ({ buyerUserId }, _args, context) => party(loadUser, context, buyerUserId),
      seller: ({ sellerUserId }, _args, context) => party(loadUser, context, sellerUserId),
      executedAt: ({ executedAt }) => executedAt.toISOString(),
    },
  }
}

const readsAll = (identity: Identity) => identity.scopes.has('records:read')

/** With whom someone traded is between the back office and the other. */
function party(loadUser: LoadUser, context: SubgraphContext, userId: string): Promise<UserParent | null> | null {
  const { identity } = context
  return identity && (readsAll(identity) || identity.userId === userId) ? loadUser(context, userId) : null
}

function identifier(key: string | number | undefined): string {
  const text = String(key)
  if (!isId(text)) throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
  return text
}

function integer(key: string | number | undefined): bigint {
  const text = String(key)
  if (!/^\d{1,18}$/.test(text)) throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
  return BigInt(text)
}
