import { connection, fault, pageOf, perRequest, type SubgraphContext } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Database } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { UserParent } from '../parents.ts'
import type { RoleRefusal, Roles } from './roles.ts'
import { usersAfter, usersById } from './store.ts'
import { isId, maySee } from './user.ts'

/** Reads each user once per request, all that one step asks for together. */
export function userLoader(database: Database): (context: SubgraphContext, id: string) => Promise<UserParent | null> {
  const loaderOf = perRequest(
    () =>
      new DataLoader<string, UserParent | null>(async (ids) => {
        const found = new Map((await usersById(database, ids)).map((user) => [user.id, user]))
        return ids.map((id) => found.get(id) ?? null)
      }),
  )
  return (context, id) => loaderOf(context).load(id)
}

export function userResolvers(
  database: Database,
  roles: Roles,
  loadUser: (context: SubgraphContext, id: string) => Promise<UserParent | null>,
): Resolvers {
  const visibleUser = async (id: string, context: SubgraphContext) => {
    if (!maySee(context.identity, id)) throw fault('FORBIDDEN', 'Anyone but yourself needs the scope `users:read`.')
    return loadUser(context, id)
  }
  return {
    Query: {
      me: (_root, _args, context) => (context.identity ? loadUser(context, context.identity.userId) : null),
      user: (_root, { id }, context) => visibleUser(id, context),
      users: async (_root, args) => {
        const page = pageOf(args, { keys: 1 })
        const after = page.after === null ? null : String(page.after[0])
        if (after !== null && !isId(after)) throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
        return connection(await usersAfter(database, page.first + 1, after), page, ({ id }) => [id])
      },
    },
    Mutation: {
      setUserRoles: async (_root, { input }, { identity }) => {
        if (!identity) throw fault('UNAUTHENTICATED', 'This needs an access token.')
        const set = await roles.set(identity.userId, input.userId, input.roles)
        return set.ok ? { __typename: 'UserRolesSet', user: set.value } : refusals[set.error]
      },
    },
    User: {
      __resolveReference: ({ id }, context) => visibleUser(id, context),
      email: (user, _args, { identity }) => (user.isSelf || maySee(identity, user.id) ? user.email : null),
      roles: (user) => [...user.roles],
      createdAt: (user) => user.createdAt.toISOString(),
    },
  }
}

const refusals = {
  UNKNOWN_USER: { __typename: 'UnknownUser', code: 'UNKNOWN_USER', message: 'There is no such user.' },
  LAST_ADMIN: {
    __typename: 'InvalidInput',
    code: 'INVALID_INPUT',
    message: 'This is the last ADMIN: appoint another first.',
    field: 'input.roles',
  },
} as const satisfies Record<RoleRefusal, object>
