import type { Instrument, MinorUnits } from '../market/instruments.ts'
import { MARKET_MAKER_LIMITS, MARKET_MAKER_PROFILE, STANDARD_LIMITS, STANDARD_PROFILE } from '../risk/limits.ts'
import { Account } from './account.ts'
import { ClosedOrders } from './closed-orders.ts'
import { Exchange } from './core/exchange.ts'
import type { Digest } from './digest.ts'
import { MarketEntry } from './market-entry.ts'
import { Narrator } from './narrator.ts'
import { OrderRecords } from './order-records.ts'
import { RiskProfiles } from './risk-profiles.ts'

export interface CreditRecord {
  readonly account: Account
  readonly asset: string
  readonly amount: MinorUnits
}

/** All that the engine knows: the exchange in numbers, and the names for them. Everything in it follows from the commands applied so far. */
export class EngineState {
  readonly exchange: Exchange
  readonly narrator: Narrator
  readonly markets = new Map<string, MarketEntry>()
  readonly marketsByIndex: MarketEntry[] = []
  /** Each asset at its number. */
  readonly assets: readonly string[]
  readonly accounts = new Map<string, Account>()
  readonly accountsByIndex: Account[] = []
  readonly records = new OrderRecords()
  readonly closedOrders = new ClosedOrders(this.records, this.accountsByIndex)
  readonly credits = new Map<string, CreditRecord>()
  readonly profiles: RiskProfiles
  /** Of the last command applied. */
  sequence = 0
  /** Of the last command applied, milliseconds since the Unix epoch. */
  time = 0

  constructor(instruments: readonly Instrument[]) {
    this.assets = [...new Set(instruments.flatMap(({ baseAsset, quoteAsset }) => [baseAsset, quoteAsset]))]
    const numbers = instruments.map((instrument) => ({
      baseAsset: this.assets.indexOf(instrument.baseAsset),
      quoteAsset: this.assets.indexOf(instrument.quoteAsset),
      baseUnits: instrument.baseUnitsPerLot,
      quoteUnits: instrument.quoteUnitsPerTickLot,
    }))
    this.narrator = new Narrator(this)
    this.exchange = new Exchange(numbers, this.assets.length, this.narrator, { watched: true })
    this.profiles = new RiskProfiles(this.exchange.limits, instruments.length)
    this.profiles.set(STANDARD_PROFILE, -1, STANDARD_LIMITS)
    this.profiles.set(MARKET_MAKER_PROFILE, -1, MARKET_MAKER_LIMITS)
    for (const [index, instrument] of instruments.entries()) {
      const entry = new MarketEntry(instrument, this.exchange.markets[index]!)
      this.markets.set(instrument.symbol, entry)
      this.marketsByIndex.push(entry)
    }
  }

  get digest(): Digest {
    return this.exchange.digest
  }

  /** Whether anybody is told from now on what happens. */
  hear(isHeard: boolean): void {
    this.narrator.isHeard = isHeard
    for (const { changes } of this.exchange.markets) if (changes) changes.isKept = isHeard
  }

  openAccount(id: string, userId: string): Account {
    const account = new Account(this.exchange.openAccount(), id, userId)
    this.accounts.set(id, account)
    this.accountsByIndex.push(account)
    return account
  }
}
