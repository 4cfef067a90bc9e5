import { z } from 'zod'

/** Money travels as an integer number of minor units in a string, next to the scale that gives it meaning. */
const minorUnits = z.string().regex(/^-?\d{1,38}$/)
const sequence = z.number().int().nonnegative()
const side = z.enum(['BUY', 'SELL'])

/** One side of a trade. `userId` owns `accountId`. */
const tradeParty = z.object({
  userId: z.string(),
  accountId: z.string(),
  orderId: z.string(),
  clientOrderId: z.string(),
  /** Minor units of the asset this side receives: base for the buyer, quote for the seller. */
  fee: minorUnits,
})

/**
 * Every event between domains, by type. dash33's carry `engineSequence`, the number of the engine command that caused them:
 * the watermark at which the book of record can be compared with the ledger.
 */
export const eventContracts = {
  'user.registered': z.object({
    userId: z.string(),
    email: z.string(),
    displayName: z.string(),
    kind: z.enum(['PERSON', 'SERVICE']),
    roles: z.array(z.string()),
  }),
  'user.changed': z.object({
    userId: z.string(),
    displayName: z.string(),
    roles: z.array(z.string()),
    disabled: z.boolean(),
  }),
  /** Tokens of the session (or, without one, of the user) issued before `revokedAt` are no longer accepted. */
  'session.revoked': z.object({
    userId: z.string(),
    sessionId: z.string().nullable(),
    revokedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  }),
  'account.credited': z.object({
    engineSequence: sequence,
    userId: z.string(),
    accountId: z.string(),
    asset: z.string(),
    assetScale: z.number().int(),
    amount: minorUnits,
    reference: z.string(),
    creditedAt: z.iso.datetime(),
  }),
  'trade.executed': z.object({
    engineSequence: sequence,
    /** Present where the same command traded on: its next trade follows. */
    moreFollow: z.literal(true).optional(),
    tradeId: z.string(),
    symbol: z.string(),
    baseAsset: z.string(),
    quoteAsset: z.string(),
    baseScale: z.number().int(),
    quoteScale: z.number().int(),
    /** Minor units of the base asset. */
    baseAmount: minorUnits,
    /** Minor units of the quote asset. */
    quoteAmount: minorUnits,
    /** Plain decimals for people. */
    price: z.string(),
    quantity: z.string(),
    takerSide: side,
    buyer: tradeParty,
    seller: tradeParty,
    executedAt: z.iso.datetime(),
  }),
  'order.filled': z.object({
    engineSequence: sequence,
    fillId: z.string(),
    tradeId: z.string(),
    orderId: z.string(),
    clientOrderId: z.string(),
    userId: z.string(),
    accountId: z.string(),
    symbol: z.string(),
    side,
    liquidity: z.enum(['MAKER', 'TAKER']),
    price: z.string(),
    quantity: z.string(),
    remainingQuantity: z.string(),
    status: z.enum(['PARTIALLY_FILLED', 'FILLED']),
    executedAt: z.iso.datetime(),
  }),
  /** Someone changed how the venue works: limits, an account's risk profile, a market's rules, the fees, a kill switch. */
  'venue.setting-changed': z.object({
    engineSequence: sequence,
    setting: z.enum(['RISK_LIMITS', 'RISK_PROFILE', 'MARKET_RULES', 'FEE_SCHEDULE', 'KILL_SWITCH']),
    /** A profile with its market (`*`: all), an account id or a symbol; empty for the venue. */
    target: z.string(),
    /** JSON in the exchange's own units; null where nothing was set before. */
    before: z.string().nullable(),
    after: z.string(),
    /** A user's id. */
    changedBy: z.string(),
    reason: z.string(),
    changedAt: z.iso.datetime(),
  }),
  'prediction.made': z.object({
    predictionId: z.string(),
    symbol: z.string(),
    model: z.string(),
    modelVersion: z.number().int(),
    direction: z.enum(['UP', 'DOWN']),
    probability: z.number(),
    horizonMs: z.number().int(),
    inSample: z.boolean(),
    madeAt: z.iso.datetime(),
  }),
  /** A name of a model's version was moved or deleted: `champion` is the version that serves. */
  'model.alias-changed': z.object({
    model: z.string(),
    alias: z.string(),
    action: z.enum(['PROMOTED', 'ROLLED_BACK', 'ALIAS_SET', 'ALIAS_DELETED']),
    /** Null where the name was new. */
    fromVersion: z.number().int().nullable(),
    /** Null where the name was deleted. */
    toVersion: z.number().int().nullable(),
    /** A user's id; null for the platform itself. */
    changedBy: z.string().nullable(),
    reason: z.string(),
    changedAt: z.iso.datetime(),
  }),
  /** Something unusual about a market or, where `symbol` is null, about the platform itself. */
  'anomaly.detected': z.object({
    anomalyId: z.string(),
    symbol: z.string().nullable(),
    /** Such as `spread` or `event loop delay`. */
    measure: z.string(),
    value: z.number(),
    /** 0 is usual, 1 as unusual as can be. */
    score: z.number(),
    severity: z.enum(['LOW', 'MEDIUM', 'HIGH']),
    /** Between these lay nine of ten of the values before. */
    usualFrom: z.number(),
    usualTo: z.number(),
    explanation: z.string(),
    detectedAt: z.iso.datetime(),
  }),
} as const

export type EventType = keyof typeof eventContracts
export type EventData<T extends EventType> = z.infer<(typeof eventContracts)[T]>
