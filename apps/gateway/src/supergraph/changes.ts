import { CriticalityLevel, diff } from '@graphql-inspector/core'
import type { GraphQLSchema } from 'graphql'

export interface BreakingChange {
  /** Such as `Market.tickSize` or `Query.market.symbol`. */
  readonly coordinate: string
  readonly message: string
}

/** What a client of `before` could trip over in `after`, by coordinate. */
export async function breakingChanges(before: GraphQLSchema, after: GraphQLSchema): Promise<BreakingChange[]> {
  const changes = await diff(before, after)
  return changes
    .filter((change) => change.criticality.level === CriticalityLevel.Breaking)
    .map(({ path, message }) => ({ coordinate: path ?? 'schema', message }))
    .sort((a, b) => (a.coordinate < b.coordinate ? -1 : 1))
}
