import { OrderIndex } from '../../book/index.ts'
import { FEE_TIERS, type FeeTier } from '../../risk/limits.ts'
import { Digest } from '../digest.ts'
import { AccountRows } from './account-rows.ts'
import { Accounts } from './accounts.ts'
import { Balances } from './balances.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import { Draft } from './draft.ts'
import { IntList } from './int-list.ts'
import { AccountLimits } from './limits.ts'
import { Market, type MarketNumbers } from './market.ts'
import { Taking } from './matching.ts'
import { Orders } from './orders.ts'
import { Recorder } from './recorder.ts'
import { LastRefusal } from './refusal.ts'
import { SILENT, type Sink } from './sink.ts'
import { sumUp } from './sums.ts'
import { TriggerColumns } from './trigger-queue.ts'
import { dayOf, VolumeWindow } from './volume-window.ts'

/** Orders that one command may place: an entry and its two exits. */
export const ORDERS_PER_COMMAND = 4

export interface ExchangeOptions {
  /** Whether the books note what they change, for someone who drains it. */
  readonly watched?: boolean
}

/**
 * The exchange in numbers: accounts, assets and markets by their numbers, orders by their slots. One command after the other, between `begin` and `end`.
 * What a constructor sets is `declare`d, here and in the classes that it works with: a field that is undefined first, as it would be otherwise, has no class that
 * V8 could rely on, and each access checks it.
 */
export class Exchange {
  readonly orders = new Orders()
  /** Of open and pending orders, from their ids. */
  readonly index = new OrderIndex(this.orders.pool)
  declare readonly accounts: Accounts
  declare readonly balances: Balances
  declare readonly markets: readonly Market[]
  readonly triggers = new TriggerColumns()
  /** When orders end, by slot. */
  readonly deadlines = new DeadlineQueue()
  /** When accounts' dead man's switches go off. */
  readonly deadMen = new DeadlineQueue()
  /** When markets' auctions end. */
  readonly auctionEnds = new DeadlineQueue()
  declare readonly volumes: VolumeWindow
  declare readonly limits: AccountLimits
  readonly refusal = new LastRefusal()
  declare readonly taking: Taking
  /** For the commands that make several orders of one. */
  readonly scratch = new Draft()
  /** Entries that closed with a fill, whose exits are still to be set free. */
  readonly closedEntries: number[] = []
  /** Markets whose stops are to be looked at. */
  readonly moved: Market[] = []
  feeTiers: readonly FeeTier[] = FEE_TIERS
  killed = false
  /** Of the command under way, or the last one. */
  sequence = 0
  /** Milliseconds since the Unix epoch. */
  time = 0
  /** `time` in whole seconds. */
  second = 0
  /** UTC day of `time`. */
  day = 0
  /** Orders that the command has placed and trades that it has made so far. */
  placed = 0
  legs = 0
  digest = new Digest()
  declare readonly sink: Recorder
  /** What `second` and `day` are of. */
  private told = -1
  /** Slots closed by the command under way: they stay readable until it ends. */
  private readonly closed = new IntList()

  constructor(markets: readonly MarketNumbers[], assets: number, sink: Sink = SILENT, options: ExchangeOptions = {}) {
    const rows = new AccountRows(assets)
    this.accounts = new Accounts(rows, markets.length)
    this.balances = new Balances(rows, assets)
    this.volumes = new VolumeWindow(rows)
    this.limits = new AccountLimits(markets.length)
    const watched = options.watched ?? false
    this.markets = markets.map((numbers, index) => new Market(index, numbers, this.orders, this.triggers, watched))
    this.sink = new Recorder(this, sink)
    this.taking = new Taking(this)
  }

  begin(sequence: number, time: number): void {
    this.sequence = sequence
    if (time !== this.told) {
      this.told = time
      this.time = time
      this.second = Math.floor(time / 1_000)
      this.day = dayOf(time)
    }
    this.placed = 0
    this.legs = 0
  }

  end(): void {
    const closed = this.closed
    for (let i = 0; i < closed.length; i++) this.orders.pool.free(closed.at(i))
    closed.clear()
  }

  /** Frees a slot when the command ends. */
  bury(slot: number): void {
    this.closed.push(slot)
  }

  openAccount(): number {
    const account = this.accounts.open()
    sumUp(this, account)
    return account
  }

  /** @returns false where all accounts together would pass 2^53 */
  credit(account: number, asset: number, amount: number): boolean {
    const { supply } = this.balances
    if (!Number.isSafeInteger(supply[asset]! + amount)) return false
    supply[asset]! += amount
    this.balances.add(this.balances.cell(account, asset), amount)
    return true
  }

  marketOf(slot: number): Market {
    return this.markets[this.orders.market(slot)]!
  }

  /** The cell of the asset that an order pays with. */
  paidCell(slot: number): number {
    const { pool } = this.orders
    const market = this.marketOf(slot)
    return this.balances.cell(pool.owner[slot]!, pool.side[slot] === 0 ? market.quoteAsset : market.baseAsset)
  }

  /** The market's stops are to be looked at once the order under way has finished. */
  look(market: Market): void {
    if (market.isMoved) return
    market.isMoved = true
    this.moved.push(market)
  }

  /** When time has to be told next, milliseconds since the Unix epoch; null: nothing waits for it. */
  get nextTimer(): number | null {
    let next: number | null = null
    for (const queue of [this.deadlines, this.deadMen, this.auctionEnds]) {
      const due = queue.peek()
      if (due !== null && (next === null || due < next)) next = due
    }
    return next
  }
}
