import { formatDecimal } from '@opsource/kernel'
import { connection, fault, pageOf } from '@opsource/subgraph'
import type { Resolvers } from '../../generated/graphql.ts'
import { logStream } from '../../log-stream.ts'
import type { SurveillanceAlert } from './alert.ts'
import type { SurveillanceService } from './service.ts'
import { type AlertFilter, type AlertStore, isAlertId } from './store.ts'

interface PageArguments {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
}

type Step = SurveillanceAlert['evidence']['tick']

const instant = (time: number) => new Date(time).toISOString()
const decimal = (count: number, { units, scale }: Step) => formatDecimal(BigInt(count) * BigInt(units), scale)

export function surveillanceResolvers(
  service: Pick<SurveillanceService, 'knows' | 'listen'>,
  store: AlertStore,
): Pick<Resolvers, 'SurveillanceAlert'> & {
  readonly Query: Pick<NonNullable<Resolvers['Query']>, 'surveillanceAlerts'>
  readonly Market: Pick<NonNullable<Resolvers['Market']>, 'surveillanceAlerts'>
  readonly Subscription: Pick<NonNullable<Resolvers['Subscription']>, 'surveillanceAlertRaised'>
} {
  const page = async (filter: AlertFilter, args: PageArguments) => {
    const wanted = pageOf(args, { keys: 1 })
    if (wanted.after !== null && !isAlertId(wanted.after[0]))
      throw fault('BAD_USER_INPUT', '`after` is not a cursor of this connection.')
    return connection(await store.page(filter, wanted), wanted, ({ id }) => [id])
  }
  return {
    Query: {
      surveillanceAlerts: (_parent, { market, kind, ...args }) =>
        page({ symbol: market?.replaceAll('\0', '') ?? null, kind: kind ?? null }, args),
    },
    Market: {
      surveillanceAlerts: ({ symbol }, { kind, ...args }) =>
        service.knows(symbol) ? page({ symbol, kind: kind ?? null }, args) : null,
    },
    Subscription: {
      surveillanceAlertRaised: {
        subscribe: (_parent, { market, kind }) => {
          if (market != null && !service.knows(market)) throw fault('BAD_USER_INPUT', 'There is no such market.')
          const isWanted = (alert: SurveillanceAlert) =>
            (market == null || alert.symbol === market) && (kind == null || alert.kind === kind)
          return logStream<SurveillanceAlert>(
            (tell) => service.listen((alert) => isWanted(alert) && tell(alert)),
            'An alert would be missed: read `surveillanceAlerts`, then subscribe again.',
          )
        },
        resolve: (alert: SurveillanceAlert) => alert,
      },
    },
    SurveillanceAlert: {
      market: ({ symbol }) => ({ symbol }),
      from: ({ from }) => instant(from),
      to: ({ to }) => instant(to),
      detectedAt: ({ detectedAt }) => instant(detectedAt),
      orders: ({ evidence: { orders, tick, lot } }) =>
        orders.map(({ price, quantity, placedAt, closedAt, ...order }) => ({
          ...order,
          price: price === null ? null : decimal(price, tick),
          quantity: decimal(quantity, lot),
          placedAt: instant(placedAt),
          closedAt: closedAt === null ? null : instant(closedAt),
        })),
      trades: ({ evidence: { trades, tick, lot } }) =>
        trades.map(({ price, quantity, executedAt, ...trade }) => ({
          ...trade,
          price: decimal(price, tick),
          quantity: decimal(quantity, lot),
          executedAt: instant(executedAt),
        })),
    },
  }
}
