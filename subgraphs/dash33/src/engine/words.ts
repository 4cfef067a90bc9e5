import type { RiskRule } from '../risk/limits.ts'
import type { Refusal } from './acks.ts'
import type {
  KillSwitchScope,
  MarketStatus,
  OrderStatus,
  OrderType,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from './commands.ts'
import { NO_REASON } from './core/codes.ts'
import { REFUSED } from './core/refusal.ts'
import type { CancelReason, GroupRole, MarketStatusReason } from './events.ts'

/** The words for the core's numbers, each at its number's place. */
export const SIDES = ['BUY', 'SELL'] as const satisfies readonly Side[]
export const ORDER_TYPES = [
  'LIMIT',
  'MARKET',
  'STOP',
  'STOP_LIMIT',
  'TRAILING_STOP',
] as const satisfies readonly OrderType[]
export const TIMES_IN_FORCE = ['GTC', 'IOC', 'FOK', 'GTD', 'DAY'] as const satisfies readonly TimeInForce[]
export const SELF_TRADE_MODES = [
  'NONE',
  'EXPIRE_TAKER',
  'EXPIRE_MAKER',
  'EXPIRE_BOTH',
  'DECREMENT',
] as const satisfies readonly SelfTradePrevention[]
export const ORDER_STATUSES = [
  'PENDING',
  'OPEN',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELLED',
  'EXPIRED',
] as const satisfies readonly OrderStatus[]
export const MARKET_STATUSES = ['TRADING', 'PAUSED', 'AUCTION'] as const satisfies readonly MarketStatus[]
export const CANCEL_REASONS = [
  'REQUESTED',
  'MASS_CANCEL',
  'REMAINDER',
  'FILL_OR_KILL',
  'PROTECTION',
  'PRICE_BAND',
  'SELF_TRADE',
  'EXPIRED',
  'OTHER_LEG',
  'ENTRY_CLOSED',
  'REFUSED_AT_TRIGGER',
  'DEAD_MAN',
  'KILL_SWITCH',
] as const satisfies readonly CancelReason[]
export const STATUS_REASONS = [
  'OPERATOR',
  'PRICE_BAND',
  'AUCTION_ENDED',
] as const satisfies readonly MarketStatusReason[]
export const SCOPES = ['ACCOUNT', 'MARKET', 'VENUE'] as const satisfies readonly KillSwitchScope[]
export const RISK_RULES = [
  'MARKET_MAX_QUANTITY',
  'MARKET_MIN_NOTIONAL',
  'PRICE_COLLAR',
  'MESSAGE_RATE',
  'MAX_ORDER_QUANTITY',
  'MAX_ORDER_NOTIONAL',
  'MAX_OPEN_ORDERS',
  'MAX_POSITION',
  'MAX_EXPOSURE',
] as const satisfies readonly RiskRule[]
export const ROLES = [
  null,
  'OCO_LIMIT',
  'OCO_STOP',
  'ENTRY',
  'TAKE_PROFIT',
  'STOP_LOSS',
] as const satisfies readonly (GroupRole | null)[]

/** The refusals that say no more than their code. */
export const PLAIN_REFUSALS: ReadonlyMap<number, Refusal> = new Map(
  (
    [
      [REFUSED.MARKET_PAUSED, 'MARKET_PAUSED'],
      [REFUSED.NOT_IN_AUCTION, 'NOT_IN_AUCTION'],
      [REFUSED.EXPIRY_IN_THE_PAST, 'EXPIRY_IN_THE_PAST'],
      [REFUSED.WOULD_TRIGGER_AT_ONCE, 'WOULD_TRIGGER_AT_ONCE'],
      [REFUSED.PRICES_OUT_OF_ORDER, 'PRICES_OUT_OF_ORDER'],
      [REFUSED.ORDER_TOO_LARGE, 'ORDER_TOO_LARGE'],
      [REFUSED.TOO_MANY_OPEN_ORDERS, 'TOO_MANY_OPEN_ORDERS'],
      [REFUSED.POST_ONLY_WOULD_TRADE, 'POST_ONLY_WOULD_TRADE'],
      [REFUSED.ORDER_NOT_OPEN, 'ORDER_NOT_OPEN'],
      [REFUSED.QUANTITY_BELOW_FILLED, 'QUANTITY_BELOW_FILLED'],
      [REFUSED.AMENDMENT_NOT_ALLOWED, 'AMENDMENT_NOT_ALLOWED'],
    ] as const
  ).map(([refused, code]) => [refused, { kind: 'REFUSED', code }]),
)

export const roleOf = (role: number): GroupRole | null => ROLES[role] ?? null
export const reasonOf = (reason: number): CancelReason | null =>
  reason === NO_REASON ? null : (CANCEL_REASONS[reason] ?? null)
