import { accountIdOf, callerOf } from '../accounts/index.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { formatIncrements, instrumentOf } from '../market/index.ts'
import { under } from '../market-data/index.ts'
import type { OrderUpdateParent } from '../parents.ts'
import type { DisconnectGuards } from './disconnect.ts'
import { WHOLE } from './history.ts'
import type { OrderLog } from './log.ts'

export interface OrderUpdateServices {
  readonly orderLog: OrderLog
  readonly guards: DisconnectGuards
}

export function orderUpdateResolvers({ orderLog, guards }: OrderUpdateServices): Resolvers {
  return {
    Subscription: {
      orderUpdates: {
        subscribe: (_parent, { after, afterPosition }, context) => {
          const place = after == null ? null : ([after, afterPosition ?? WHOLE] as const)
          return under('orderUpdates', orderLog.watch(accountIdOf(callerOf(context).userId), place))
        },
      },
      cancelOnDisconnect: {
        subscribe: (_parent, { graceMs }, context) =>
          under('cancelOnDisconnect', guards.watch(callerOf(context).userId, graceMs ?? 0)),
      },
    },
    CancelOnDisconnect: {
      since: ({ since }) => new Date(since).toISOString(),
      cancelsAt: ({ cancelsAt }) => new Date(cancelsAt).toISOString(),
    },
    OrderUpdate: {
      time: ({ time }) => new Date(time).toISOString(),
      market: ({ symbol }) => ({ symbol }),
      price: (update) => price(update, update.price),
      stopPrice: (update) => price(update, update.stopPrice),
      quantity: (update) => quantity(update, update.quantity),
      filledQuantity: (update) => quantity(update, update.filledQuantity),
      remainingQuantity: (update) => quantity(update, update.remainingQuantity),
    },
  }
}

function price({ symbol }: OrderUpdateParent, ticks: number | null): string | null {
  return ticks === null ? null : formatIncrements(ticks, instrumentOf(symbol).tick)
}

function quantity({ symbol }: OrderUpdateParent, lots: number | null): string | null {
  return lots === null ? null : formatIncrements(lots, instrumentOf(symbol).lot)
}
