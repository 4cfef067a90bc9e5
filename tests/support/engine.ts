import { systemClock, systemRandom } from '@opsource/kernel'
import { pino } from 'pino'
import { type EngineClient, type EngineOptions, startEngine } from '../../subgraphs/dash33/src/engine/client.ts'
import type { Command, PlaceOrder } from '../../subgraphs/dash33/src/engine/commands.ts'
import type { EngineBatch } from '../../subgraphs/dash33/src/engine/events.ts'
import { STANDARD_LIMITS, STANDARD_PROFILE } from '../../subgraphs/dash33/src/risk/limits.ts'

/** An engine whose projections keep up with it, and all that it handed out. */
export interface ObservedEngine {
  readonly client: EngineClient
  readonly batches: EngineBatch[]
}

export async function observedEngine(
  databaseUrl: string,
  options: Partial<EngineOptions> = {},
): Promise<ObservedEngine> {
  const batches: EngineBatch[] = []
  let client: EngineClient | null = null
  client = await startEngine({
    databaseUrl,
    keep: 'SNAPSHOTS',
    clock: systemClock,
    random: systemRandom,
    log: pino({ level: 'silent' }),
    projectedThrough: 0,
    onBatch: (batch) => {
      batches.push(batch)
      client?.projected(batch.lastSequence)
    },
    ...options,
  })
  return { client, batches }
}

/** Accounts `ann` and `bob`, each with a hundred million USDT and ten million BTC. */
export const opening: Command[] = ['ann', 'bob'].flatMap((accountId): Command[] => [
  { kind: 'OPEN_ACCOUNT', accountId, userId: `usr_${accountId}` },
  { kind: 'CREDIT', accountId, asset: 'USDT', amount: 1_000_000_000_000_000, reference: `${accountId} USDT` },
  { kind: 'CREDIT', accountId, asset: 'BTC', amount: 1_000_000_000_000_000, reference: `${accountId} BTC` },
])

/** Without it nobody may send more than 10,000 orders in a second of engine time. */
export const unlimited: Command = {
  kind: 'SET_RISK_LIMITS',
  profile: STANDARD_PROFILE,
  symbol: null,
  limits: { ...STANDARD_LIMITS, maxOpenOrders: null, maxMessagesPerSecond: null },
  changedBy: 'usr_operator',
  reason: 'a test sends all at once',
}

/** The n-th order of a stream that rests, trades and fills in turn: the same n is always the same order. */
export function nthOrder(n: number): PlaceOrder {
  const buys = n % 2 === 0
  return {
    kind: 'PLACE',
    accountId: n % 4 < 2 ? 'ann' : 'bob',
    clientOrderId: `order-${n}`,
    symbol: 'BTC-USDT',
    side: buys ? 'BUY' : 'SELL',
    type: 'LIMIT',
    timeInForce: n % 7 === 0 ? 'IOC' : 'GTC',
    price: 1_000 + ((n * 37) % 21) - (buys ? 4 : -4),
    quantity: 201 + ((n * 13) % 50),
    stopPrice: null,
    trailingAmount: null,
    trailingBps: null,
    displayQuantity: null,
    postOnly: false,
    selfTradePrevention: 'NONE',
    expiresAt: null,
  }
}
