import { connection, fault, pageOf, type SubgraphContext } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { UserParent } from '../parents.ts'
import { auditEntries } from './store.ts'

/** `loadUser` reads each user once per request. */
export function auditResolvers(
  database: Database,
  loadUser: (context: SubgraphContext, id: string) => Promise<UserParent | null>,
): Resolvers {
  return {
    Query: {
      auditLog: async (_root, args) => {
        const page = pageOf(args, { keys: 1 })
        const before = page.after && position(page.after[0])
        const rows = await auditEntries(database, page.first + 1, before)
        return connection(rows, page, ({ position }) => [String(position)])
      },
    },
    AuditEntry: {
      actor: (entry, _args, context) => (entry.actorId === null ? null : loadUser(context, entry.actorId)),
      at: ({ at }) => at.toISOString(),
    },
  }
}

function position(key: string | number | undefined): bigint {
  const text = String(key)
  if (!/^\d{1,18}$/.test(text)) throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
  return BigInt(text)
}
