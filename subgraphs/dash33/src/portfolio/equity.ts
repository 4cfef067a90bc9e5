import type { EngineBatch, EngineEvent } from '../engine/events.ts'
import { postingOf } from '../ledger/posting.ts'
import { INSTRUMENTS } from '../market/instruments.ts'
import { assetRates, VALUE_ASSET } from './valuation.ts'

export const MINUTE_MS = 60_000

/** Minor units by asset, by account. */
export type Holdings = Map<string, Map<string, bigint>>

/** What came into an account without being earned. Amounts in minor units, value and equity of USDT. */
export interface EquityFlow {
  readonly accountId: string
  readonly engineSequence: number
  /** Of the trade; 0 of a credit. One command may give several assets their first prices. */
  readonly leg: number
  /** Engine time, milliseconds since the Unix epoch. */
  readonly time: number
  /** `FIRST_PRICE`: what it held of the asset got a price; before that it was counted as nothing. */
  readonly kind: 'CREDIT' | 'FIRST_PRICE'
  readonly asset: string
  readonly amount: bigint
  readonly value: bigint
  readonly equityBefore: bigint
}

/** Batches of one minute of engine time. */
export interface MinuteRun {
  /** When it begins. */
  readonly minute: number
  readonly batches: readonly EngineBatch[]
}

export const minuteOf = (time: number) => time - (time % MINUTE_MS)

export function runsByMinute(batches: readonly EngineBatch[]): MinuteRun[] {
  return [...Map.groupBy(batches, ({ time }) => minuteOf(time))].map(([minute, run]) => ({ minute, batches: run }))
}

/** @returns minor units of USDT, each asset rounded down; what has no price counts as nothing. */
export function equityOf(holdings: ReadonlyMap<string, bigint>, lastPrices: ReadonlyMap<string, number>): bigint {
  return assetRates(lastPrices).reduce(
    (sum, { asset, numerator, denominator }) => sum + ((holdings.get(asset) ?? 0n) * numerator) / denominator,
    0n,
  )
}

/** Accounts whose flows a run tells: those that it credits; `ALL` where something gets its first price in it. */
export function accountsWithFlows(run: MinuteRun, lastPrices: ReadonlyMap<string, number>): 'ALL' | Set<string> {
  const credited = new Set<string>()
  for (const { events } of run.batches) {
    for (const event of events) {
      if (event.type === 'CREDITED') credited.add(event.accountId)
      else if (event.type === 'TRADE' && !lastPrices.has(event.symbol)) return 'ALL'
    }
  }
  return credited
}

/**
 * Goes through a run event by event, so that each flow is told with what the account was worth just before it.
 * @param holdings of the accounts with flows before the run; changed to those after it.
 * @param lastPrices ticks by symbol before the run; changed to those after it.
 */
export function foldFlows(
  run: MinuteRun,
  accounts: 'ALL' | ReadonlySet<string>,
  holdings: Holdings,
  lastPrices: Map<string, number>,
): EquityFlow[] {
  const flows: EquityFlow[] = []
  const flow = (
    time: number,
    event: EngineEvent,
    accountId: string,
    part: Pick<EquityFlow, 'kind' | 'asset' | 'amount' | 'value' | 'equityBefore'>,
  ) => {
    const leg = event.type === 'TRADE' ? event.leg : 0
    flows.push({ accountId, engineSequence: event.engineSequence, leg, time, ...part })
  }
  if (accounts !== 'ALL' && accounts.size === 0) {
    // As nearly always: only the prices have moved.
    for (const { events } of run.batches)
      for (const event of events) if (event.type === 'TRADE') lastPrices.set(event.symbol, event.price)
    return flows
  }
  for (const { time, events } of run.batches) {
    for (const event of events) {
      if (event.type === 'CREDITED') {
        const held = of(holdings, event.accountId)
        const equityBefore = equityOf(held, lastPrices)
        add(held, event.asset, BigInt(event.amount))
        const value = equityOf(held, lastPrices) - equityBefore
        flow(time, event, event.accountId, {
          kind: 'CREDIT',
          asset: event.asset,
          amount: BigInt(event.amount),
          value,
          equityBefore,
        })
      } else if (event.type === 'TRADE') {
        const isFirst = !lastPrices.has(event.symbol)
        const priced = new Map(lastPrices).set(event.symbol, event.price)
        const asset = baseAssetOf(event.symbol)
        for (const [accountId, held] of isFirst ? holdings : []) {
          const amount = held.get(asset) ?? 0n
          const equityBefore = equityOf(held, lastPrices)
          const value = equityOf(held, priced) - equityBefore
          if (amount !== 0n) flow(time, event, accountId, { kind: 'FIRST_PRICE', asset, amount, value, equityBefore })
        }
        for (const entry of postingOf(event)) {
          if (accounts === 'ALL' ? isHeld(event, entry.accountId) : accounts.has(entry.accountId))
            add(of(holdings, entry.accountId), entry.asset, BigInt(entry.amount))
        }
        lastPrices.set(event.symbol, event.price)
      }
    }
  }
  return flows.filter(({ value }) => value !== 0n)
}

/** The venue's own accounts have no equity. */
const isHeld = (trade: Extract<EngineEvent, { type: 'TRADE' }>, accountId: string) =>
  accountId === trade.maker.accountId || accountId === trade.taker.accountId

function of(holdings: Holdings, accountId: string): Map<string, bigint> {
  const held = holdings.get(accountId) ?? new Map<string, bigint>()
  holdings.set(accountId, held)
  return held
}

function add(held: Map<string, bigint>, asset: string, amount: bigint): void {
  held.set(asset, (held.get(asset) ?? 0n) + amount)
}

/** The asset that a market prices in USDT; none where it is quoted in something else. */
function baseAssetOf(symbol: string): string {
  return INSTRUMENTS.find((each) => each.symbol === symbol && each.quoteAsset === VALUE_ASSET)?.baseAsset ?? ''
}
