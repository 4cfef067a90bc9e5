import { EXPIRE_TAKER, GTC, LIMIT, NO_ROLE } from './codes.ts'

/** An order that has been asked for, in fields that are written over. 0 stands for what is not there. */
export class Draft {
  account = 0
  market = 0
  side: 0 | 1 = 0
  type: number = LIMIT
  timeInForce: number = GTC
  price = 0
  quantity = 0
  stop = 0
  trailingAmount = 0
  trailingBps = 0
  /** Display quantity of an iceberg. */
  peak = 0
  postOnly = false
  selfTrade: number = EXPIRE_TAKER
  expiresAt = 0
  role: number = NO_ROLE
}
