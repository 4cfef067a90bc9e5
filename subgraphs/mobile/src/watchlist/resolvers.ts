import { fault } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { replaceWatchlist, watchlistOf } from './store.ts'
import { parseWatchlist } from './watchlist.ts'

const marketsOf = (symbols: readonly string[]) => symbols.map((symbol) => ({ symbol }))

export function watchlistResolvers(database: Database): Resolvers {
  return {
    Mutation: {
      watchMarkets: async (_root, { input }, { identity }) => {
        if (!identity) throw fault('UNAUTHENTICATED', 'This needs an access token.')
        const list = parseWatchlist(input.symbols)
        if (!list.ok)
          return { __typename: 'InvalidInput', code: 'INVALID_INPUT', message: list.error, field: 'input.symbols' }
        await replaceWatchlist(database, identity.userId, list.value)
        return { __typename: 'MarketsWatched', markets: marketsOf(list.value) }
      },
    },
    User: {
      watchedMarkets: async ({ id }, _args, { identity }) =>
        identity?.userId === id ? marketsOf(await watchlistOf(database, id)) : null,
    },
  }
}
