import { formatDecimal } from '@opsource/kernel'
import { connection, pageOf, perRequest, type SubgraphContext } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Pool } from 'pg'
import { accountIdOf, callerOf, type ReadYourWrites } from '../accounts/index.ts'
import type { PrismaClient } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { findInstrument, formatIncrements, instrumentOf } from '../market/index.ts'
import { under } from '../market-data/index.ts'
import type { FillParent } from '../parents.ts'
import { findTradesById } from '../trades/index.ts'
import type { FillLog } from './log.ts'
import { findFills } from './store.ts'

export interface FillServices {
  readonly prisma: PrismaClient
  readonly pool: Pool
  readonly writes: ReadYourWrites
  readonly fillLog: FillLog
}

export function fillResolvers({ prisma, pool, writes, fillLog }: FillServices): Resolvers {
  /** When trades happened whose time the engine did not tell with an answer. */
  const timeOf = perRequest(
    (context: SubgraphContext) =>
      new DataLoader<string, number | null>(async (ids) => {
        await writes.settled(accountIdOf(callerOf(context).userId))
        const trades = await findTradesById(prisma, ids)
        return ids.map((id) => trades.get(id)?.executedAt ?? null)
      }),
  )
  return {
    Query: {
      fills: async (_parent, args, context) => {
        const accountId = accountIdOf(callerOf(context).userId)
        const page = pageOf(args, { keys: 2 })
        const symbol = args.symbol ?? null
        if (symbol !== null && !findInstrument(symbol)) return connection([], page, () => [])
        await writes.settled(accountId)
        return fillPage(await findFills(pool, { accountId, symbol, orderId: null }, page), page)
      },
    },
    Subscription: {
      fills: {
        subscribe: (_parent, { after, afterPosition }, context) => {
          const accountId = accountIdOf(callerOf(context).userId)
          return under('fills', fillLog.watch(accountId, after == null ? null : placeOf(after, afterPosition)))
        },
      },
    },
    Fill: {
      market: ({ symbol }) => ({ symbol }),
      price: ({ price, symbol }) => formatIncrements(price, instrumentOf(symbol).tick),
      quantity: ({ quantity, symbol }) => formatIncrements(quantity, instrumentOf(symbol).lot),
      quoteAmount: ({ quoteAmount, symbol }) => formatDecimal(quoteAmount, instrumentOf(symbol).quoteScale),
      fee: (fill) => formatDecimal(fill.fee, receivedOf(fill).scale),
      feeAsset: (fill) => receivedOf(fill).asset,
      executedAt: async ({ executedAt, tradeId }, _args, context) => {
        const time = executedAt ?? (await timeOf(context).load(tradeId))
        return time === null ? null : new Date(time).toISOString()
      },
    },
  }
}

/** Makes a page of fills as they were read. */
export function fillPage(updates: Awaited<ReturnType<typeof findFills>>, page: ReturnType<typeof pageOf>) {
  const { edges, pageInfo } = connection(updates, page, ({ sequence, position }) => [sequence, position])
  return { edges: edges.map(({ cursor, node }) => ({ cursor, node: node.fill })), pageInfo }
}

/** Without a position all of the command is known. */
function placeOf(sequence: number, position: number | null | undefined): [number, number] {
  return position == null ? [sequence + 1, -1] : [sequence, position]
}

/** A buyer receives the base asset, a seller the quote asset. */
function receivedOf({ symbol, side }: FillParent): { readonly asset: string; readonly scale: number } {
  const { baseAsset, baseScale, quoteAsset, quoteScale } = instrumentOf(symbol)
  return side === 'BUY' ? { asset: baseAsset, scale: baseScale } : { asset: quoteAsset, scale: quoteScale }
}
