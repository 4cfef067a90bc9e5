import { BUY, NONE, SELL } from '../../book/index.ts'
import { isOpen } from './closing.ts'
import { COUNTED, DEADLINE, MARKET, PAIRED, PENDING, TRADING, WAITS_FOR_ENTRY } from './codes.ts'
import type { Exchange } from './exchange.ts'
import type { Market } from './market.ts'
import { openOrdersIn } from './sums.ts'

/** @throws where a law of the exchange is broken between two commands: for tests, which may ask after every command. */
export function checkInvariants(x: Exchange): void {
  const open = openSlots(x)
  for (const market of x.markets) checkBook(x, market)
  for (const slot of open) checkOrder(x, slot)
  checkHolds(x, open)
  checkSums(x, open)
  checkSupply(x)
  must(x.closedEntries.length === 0 && x.moved.length === 0, 'nothing is left to follow up')
}

function must(holds: boolean, law: string): void {
  if (!holds) throw new Error(`broken: ${law}`)
}

/** Every order of every account's list, which is also what the index knows. */
function openSlots(x: Exchange): number[] {
  const { accounts, orders } = x
  const open: number[] = []
  for (let account = 0; account < accounts.size; account++) {
    let before = Number.NEGATIVE_INFINITY
    let count = 0
    for (let slot = accounts.first(account); slot !== NONE; slot = orders.nextOfAccount(slot)) {
      must(orders.pool.owner[slot] === account, 'an order is in the list of its own account')
      must(orders.pool.id[slot]! > before, 'an account lists its orders oldest first')
      before = orders.pool.id[slot]!
      must(x.index.get(before) === slot, 'an order is found by its id')
      open.push(slot)
      count++
    }
    must(count === accounts.openOrders(account), 'an account counts its orders')
  }
  must(x.index.size === open.length && orders.pool.live === open.length, 'ids, slots and lists name the same orders')
  return open
}

function checkBook(x: Exchange, market: Market): void {
  const { book, status } = market
  const { orders } = x
  const { pool } = orders
  must(status !== TRADING || !book.crossed, 'bids stay below asks while a market trades')
  for (const side of [BUY, SELL] as const) {
    const sums = new Map<number, number>()
    let [price, priority] = [Number.NaN, 0]
    book.visit(side, (slot, at) => {
      must(pool.price[slot] === at && pool.side[slot] === side, 'an order is at its price on its side')
      must(at !== price || pool.priority[slot]! > priority, 'who came first is first')
      must(pool.shown[slot]! > 0, 'every order on the book shows something')
      must(
        pool.peak[slot] === 0 || pool.shown[slot]! <= pool.peak[slot]!,
        'an iceberg shows at most its display quantity',
      )
      must(pool.shown[slot]! + pool.hidden[slot]! === orders.remaining(slot), 'what is on the book is what remains')
      must(isOpen(x, slot) && orders.status(slot) !== PENDING, 'only open orders are on the book')
      sums.set(at, (sums.get(at) ?? 0) + pool.shown[slot]!)
      price = at
      priority = pool.priority[slot]!
      return true
    })
    const levels = book.levels(side)
    must(levels.length === sums.size, 'there is a level for each price that has orders')
    for (const [at, volume] of levels) must(sums.get(at) === volume, 'a level is the sum of its orders')
    const ordered = levels.every(
      ([at], i) => i === 0 || (side === BUY ? at < levels[i - 1]![0] : at > levels[i - 1]![0]),
    )
    must(ordered, 'the better price is first')
  }
}

function checkOrder(x: Exchange, slot: number): void {
  const { orders } = x
  const { pool } = orders
  const market = x.marketOf(slot)
  const pending = orders.status(slot) === PENDING
  const queued = market.marketStops.has(slot) || market.limitStops.has(slot)
  must(orders.remaining(slot) > 0 && orders.remaining(slot) <= orders.quantity(slot), 'an open order can trade')
  must(pending === (pool.level[slot] === NONE), 'an order is on the book or pending')
  must(queued === (pending && !orders.has(slot, WAITS_FOR_ENTRY)), 'a stop waits in a queue, an exit for its entry')
  must(orders.type(slot) !== MARKET, 'no market order rests')
  must(orders.has(slot, DEADLINE) === x.deadlines.has(slot), 'an order that ends by itself has a deadline')
  if (!orders.has(slot, PAIRED)) return
  const other = orders.partner(slot)
  must(orders.partner(other) === slot && orders.has(other, PAIRED), 'each leg knows the other')
  must(orders.remaining(slot) === orders.quantity(slot), 'no leg of a pair has traded')
}

/** What is held of a balance is what its orders hold, and each holds what it needs. */
function checkHolds(x: Exchange, open: readonly number[]): void {
  const { orders, balances } = x
  const held = new Map<number, number>()
  for (const slot of open) {
    const cell = x.paidCell(slot)
    held.set(cell, (held.get(cell) ?? 0) + orders.held(slot))
    const own = orders.rate(slot) * orders.remaining(slot)
    if (!orders.has(slot, PAIRED)) must(orders.held(slot) === own, 'an order holds its rate for what remains')
  }
  for (let account = 0; account < x.accounts.size; account++) {
    for (let asset = 0; asset < balances.assets; asset++) {
      const onHold = balances.held(account, asset)
      must(balances.available(account, asset) >= 0 && onHold >= 0, 'no balance is below zero')
      must(onHold === (held.get(balances.cell(account, asset)) ?? 0), 'what is held is held for open orders')
    }
  }
}

function checkSums(x: Exchange, open: readonly number[]): void {
  const { orders, accounts } = x
  const sums = new Map<string, { orders: number; buys: number; notional: bigint }>()
  for (const slot of open) {
    const key = `${orders.pool.owner[slot]} ${orders.market(slot)}`
    const sum = sums.get(key) ?? { orders: 0, buys: 0, notional: 0n }
    const lots = orders.has(slot, COUNTED) ? orders.remaining(slot) : 0
    sum.orders++
    sum.buys += orders.pool.side[slot] === BUY ? lots : 0
    sum.notional += BigInt(lots) * BigInt(orders.value(slot))
    sums.set(key, sum)
  }
  for (let account = 0; account < accounts.size; account++) {
    for (const { index } of x.markets) {
      const sum = sums.get(`${account} ${index}`) ?? { orders: 0, buys: 0, notional: 0n }
      must(openOrdersIn(x, account, index) === sum.orders, 'open orders are counted by market')
      if (!accounts.isSummed(account)) continue
      must(accounts.buyLots(account, index) === sum.buys, 'the lots of open buys are counted')
      must(
        accounts.notional(account, index) === Math.min(Number(sum.notional), Number.MAX_SAFE_INTEGER),
        'the worth of open orders is counted',
      )
    }
  }
}

/** Balances and fees add up to what was credited, to the last unit. */
function checkSupply(x: Exchange): void {
  const { balances, accounts } = x
  for (let asset = 0; asset < balances.assets; asset++) {
    let sum = BigInt(balances.fees[asset]!)
    for (let account = 0; account < accounts.size; account++) {
      sum += BigInt(balances.available(account, asset)) + BigInt(balances.held(account, asset))
    }
    must(sum === BigInt(balances.supply[asset]!), 'nothing is lost and nothing is made')
  }
}
