import { engineUnavailable } from '../market/refusals.ts'
import type { EarlierOrders } from './earlier-orders.ts'
import type { Asked } from './questions.ts'

/**
 * Answers those whose key a closed order has that the engine may have forgotten, so that they are not placed a second time. While that cannot be
 * found out, nothing is placed.
 */
export async function withoutRepeated<A>(
  earlier: EarlierOrders,
  accountId: string,
  asked: readonly Asked<A>[],
): Promise<readonly Asked<A | ReturnType<typeof engineUnavailable>>[]> {
  if (!earlier.needed(accountId)) return asked
  const keys = asked.flatMap((each) => ('repeat' in each && each.repeat ? [each.repeat.clientOrderId] : []))
  try {
    const orders = (await earlier.find(accountId, keys)).values()
    return asked.map((each): Asked<A> => {
      if (!('repeat' in each) || !each.repeat) return each
      const order = orders.next().value
      return order ? { answer: each.repeat.read(order) } : each
    })
  } catch {
    return asked.map((each) => ('answer' in each ? each : { answer: engineUnavailable('ENGINE_UNAVAILABLE') }))
  }
}
