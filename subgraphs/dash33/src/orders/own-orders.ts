import { perRequest, type SubgraphContext } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Pool } from 'pg'
import { accountIdOf, callerOf, type ReadYourWrites } from '../accounts/index.ts'
import type { OrderSnapshot } from '../engine/acks.ts'
import { findOwnOrders } from './store.ts'

/** Loads the caller's own orders by id, with all that the caller has just written: whoever owns no account finds none. */
export function ownOrderLoader(pool: Pool, writes: ReadYourWrites) {
  return perRequest(
    (context: SubgraphContext) =>
      new DataLoader<string, OrderSnapshot | null>(async (ids) => {
        const accountId = accountIdOf(callerOf(context).userId)
        await writes.settled(accountId)
        const orders = await findOwnOrders(pool, accountId, ids)
        return ids.map((id) => orders.get(id) ?? null)
      }),
  )
}
