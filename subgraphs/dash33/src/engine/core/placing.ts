import { NONE } from '../../book/index.ts'
import {
  approve,
  holdRate,
  refusedByBalance,
  refusedByPostOnly,
  refusedByRules,
  refusedByShape,
  refusedByVenue,
} from './approval.ts'
import { arrive } from './arrival.ts'
import { PENDING } from './codes.ts'
import type { Draft } from './draft.ts'
import { bestOf, count, enter, wait } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { followUp } from './follow-up.ts'

/** Places an order. @returns its slot, readable until the command ends, or NONE where `x.refusal` says why not */
export function place(x: Exchange, draft: Draft): number {
  const market = x.markets[draft.market]!
  if (refusedByVenue(x, draft.account, market) || refusedByShape(x, draft) || refusedByRules(x, draft, 1)) return NONE
  const rate = holdRate(market, draft)
  const needed = rate * draft.quantity
  if (refusedByPostOnly(x, draft) || refusedByBalance(x, draft, needed, 0)) return NONE
  const best = bestOf(x, draft)
  const slot = enter(x, draft, rate, needed)
  x.accounts.countMessage(draft.account, x.second)
  count(x, slot)
  x.sink.accepted(slot)
  if (x.orders.status(slot) === PENDING) wait(x, slot, best)
  else arrive(x, approve(slot))
  followUp(x)
  return slot
}
