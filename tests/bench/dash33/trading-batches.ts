import { seededRandom } from '@opsource/kernel'
import type {
  BalanceChange,
  EngineBatch,
  EngineEvent,
  HoldChange,
  TradeParty,
} from '../../../subgraphs/dash33/src/engine/events.ts'
import { accepted, credited } from '../../support/engine-events.ts'

const SYMBOL = 'BTC-USDT'
const BASE_PER_LOT = 1_000
const MAKER_BPS = 2
const TAKER_BPS = 5
/** Of 10,000 accounts together below 2^53. */
const START = { BTC: 5e10, USDT: 5e11 }
/** Engine time moves this far from batch to batch. */
const BATCH_MS = 30

interface Resting {
  readonly orderId: string
  readonly account: number
  readonly price: number
  readonly quantity: number
}

interface Balance {
  available: number
  held: number
}

/**
 * What an engine would hand out while `accounts` accounts trade: of each batch every order of the batch before is taken whole by a new one, and as
 * many new orders come to rest. Amounts, fees, holds and balances are exact, so that every invariant is tested for what it is.
 */
export class TradingBatches {
  readonly #accounts: number
  readonly #random = seededRandom(33)
  readonly #balances: Record<'BTC' | 'USDT', Balance[]>
  #resting: Resting[] = []
  #sequence = 0
  #orders = 0
  #time = 1_750_000_000_000

  constructor(accounts: number) {
    this.#accounts = accounts
    const full = (available: number) => Array.from({ length: accounts }, () => ({ available, held: 0 }))
    this.#balances = { BTC: full(START.BTC), USDT: full(START.USDT) }
  }

  /** Opens and credits the accounts. */
  opening(): EngineBatch {
    const events: EngineEvent[] = []
    const balances: BalanceChange[] = []
    const first = this.#sequence + 1
    for (let n = 0; n < this.#accounts; n++) {
      const accountId = `acc_${n}`
      events.push({
        type: 'ACCOUNT_OPENED',
        engineSequence: ++this.#sequence,
        accountId,
        userId: `usr_${n}`,
      })
      for (const [asset, amount] of Object.entries(START)) {
        events.push(credited(accountId, asset, amount, ++this.#sequence))
        balances.push({ accountId, asset, available: amount, held: 0 })
      }
    }
    return this.#batch(first, events, balances, [])
  }

  /** `count` trades, one a command, then `count` orders that rest. */
  next(count: number): EngineBatch {
    const first = this.#sequence + 1
    const events: EngineEvent[] = []
    const touched = new Map<string, BalanceChange>()
    const holds: HoldChange[] = []
    for (const maker of this.#resting.splice(0, count)) {
      events.push(...this.#take(maker))
      holds.push({ orderId: maker.orderId, accountId: `acc_${maker.account}`, asset: 'BTC', held: 0 })
      this.#touch(touched, maker.account, 'BTC', 'USDT')
    }
    const takers = events.flatMap((event) => (event.type === 'TRADE' ? [event.taker.accountId] : []))
    for (const accountId of takers) this.#touch(touched, Number(accountId.slice('acc_'.length)), 'BTC', 'USDT')
    for (let n = 0; n < count; n++) {
      const resting = this.#rest()
      const { orderId, account, price, quantity } = resting
      events.push(this.#accepted(orderId, account, 'SELL', price, quantity))
      holds.push({ orderId, accountId: `acc_${account}`, asset: 'BTC', held: quantity * BASE_PER_LOT })
      this.#touch(touched, account, 'BTC')
      this.#resting.push(resting)
    }
    return this.#batch(first, events, [...touched.values()], holds)
  }

  #take(maker: Resting): EngineEvent[] {
    const { price, quantity } = maker
    const account = (maker.account + 1 + this.#int(this.#accounts - 1)) % this.#accounts
    const orderId = this.#orderId()
    const order = this.#accepted(orderId, account, 'BUY', price, quantity)
    const [baseAmount, quoteAmount] = [quantity * BASE_PER_LOT, quantity * price]
    const [makerFee, takerFee] = [
      Math.ceil((quoteAmount * MAKER_BPS) / 10_000),
      Math.ceil((baseAmount * TAKER_BPS) / 10_000),
    ]
    this.#balances.BTC[maker.account]!.held -= baseAmount
    this.#balances.USDT[maker.account]!.available += quoteAmount - makerFee
    this.#balances.BTC[account]!.available += baseAmount - takerFee
    this.#balances.USDT[account]!.available -= quoteAmount
    const party = (orderId: string, n: number, side: 'BUY' | 'SELL', fee: number, feeBps: number): TradeParty => ({
      accountId: `acc_${n}`,
      userId: `usr_${n}`,
      orderId,
      clientOrderId: orderId,
      side,
      fee,
      feeBps,
      filledQuantity: quantity,
      remainingQuantity: 0,
      filledQuoteAmount: quoteAmount,
      status: 'FILLED',
    })
    const trade: EngineEvent = {
      type: 'TRADE',
      engineSequence: this.#sequence,
      leg: 0,
      tradeId: `trd_${String(this.#sequence).padStart(16, '0')}`,
      symbol: SYMBOL,
      price,
      quantity,
      baseAmount,
      quoteAmount,
      takerSide: 'BUY',
      auction: false,
      maker: party(maker.orderId, maker.account, 'SELL', makerFee, MAKER_BPS),
      taker: party(orderId, account, 'BUY', takerFee, TAKER_BPS),
    }
    return [order, trade]
  }

  #rest(): Resting {
    const account = this.#int(this.#accounts)
    const quantity = 1 + this.#int(100)
    const balance = this.#balances.BTC[account]!
    balance.available -= quantity * BASE_PER_LOT
    balance.held += quantity * BASE_PER_LOT
    return { orderId: this.#orderId(), account, price: 6_000_000 + this.#int(2_000), quantity }
  }

  #accepted(orderId: string, account: number, side: 'BUY' | 'SELL', price: number, quantity: number): EngineEvent {
    const accountId = `acc_${account}`
    const named = { accountId, userId: `usr_${account}`, clientOrderId: orderId, side }
    return accepted(orderId, { side, price, quantity }, { ...named, engineSequence: ++this.#sequence })
  }

  #touch(touched: Map<string, BalanceChange>, account: number, ...assets: ('BTC' | 'USDT')[]): void {
    for (const asset of assets) {
      const accountId = `acc_${account}`
      touched.set(`${accountId} ${asset}`, { accountId, asset, ...this.#balances[asset][account]! })
    }
  }

  #batch(firstSequence: number, events: EngineEvent[], balances: BalanceChange[], holds: HoldChange[]): EngineBatch {
    this.#time += BATCH_MS
    return {
      firstSequence,
      lastSequence: this.#sequence,
      time: this.#time,
      events,
      levels: [],
      resting: [],
      balances,
      holds,
    }
  }

  #orderId(): string {
    return `ord_${String(++this.#orders).padStart(11, '0')}`
  }

  #int(below: number): number {
    return Math.floor(this.#random.next() * below)
  }
}
