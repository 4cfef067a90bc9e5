import type { Clock, IdSource } from '@opsource/kernel'
import type { ClientBase, Pool } from 'pg'
import { inTransaction } from '../database.ts'
import type { OrderTerms } from '../engine/commands.ts'
import type { CancelPaperOrderInput, PlacePaperOrderInput } from '../generated/graphql.ts'
import { instrumentOf } from '../market/instruments.ts'
import { engineUnavailable, invalidInput } from '../market/refusals.ts'
import { keyFault, readTerms } from '../orders/input.ts'
import { keyReused, orderNotOpen, orderRefusal } from '../orders/refusals.ts'
import type { PaperFillParent, PaperOrderParent } from '../parents.ts'
import { accountNotOpen, limitReached } from './answers.ts'
import { arrive, refusalOf } from './arrival.ts'
import type { RealBook, RealBooks } from './book.ts'
import { readFeeTiers, readRules, readVolumes } from './conditions-store.ts'
import { findFills, writeFills } from './fill-store.ts'
import { countOrders, findOrders, writeOrders } from './order-store.ts'
import { FeeRates, hold, holdOf } from './settlement.ts'
import { findAccount, lockWatermark, readBalances, writeBalances } from './store.ts'

/** More than a person follows; the market is compared with all of them at every trade. */
export const MAX_OPEN_ORDERS = 200
/** An account's positions and returns are told from all its fills each time that they are asked for. */
export const MAX_ORDERS = 10_000
export const MAX_FILLS = 20_000

/** Where paper orders are placed and cancelled. Nothing of it reaches the engine. */
export class PaperDesk {
  readonly #pool: Pool
  readonly #books: RealBooks
  readonly #ids: IdSource
  readonly #clock: Clock

  constructor({ pool, books, ids, clock }: { pool: Pool; books: RealBooks; ids: IdSource; clock: Clock }) {
    this.#pool = pool
    this.#books = books
    this.#ids = ids
    this.#clock = clock
  }

  place(userId: string, { accountId, order: input }: PlacePaperOrderInput) {
    const fault = keyFault(input.clientOrderId, 'input.order.clientOrderId')
    if (fault) return fault
    const read = readTerms(input, 'input.order')
    if ('answer' in read) return read.answer
    const terms = read.command
    if (terms.type !== 'LIMIT' && terms.type !== 'MARKET')
      return invalidInput('input.order.type', 'A paper order is LIMIT or MARKET.')
    if (terms.quantity <= 0) return invalidInput('input.order.quantity', 'It must be above zero.')
    return inTransaction(this.#pool, async (client) => {
      // While this is held no trade is taken to the resting orders: those after the book as it is now find this order too.
      await lockWatermark(client, 'SHARE')
      const account = await findAccount(client, userId, accountId, 'FOR UPDATE')
      if (!account || account.closedAt !== null) return accountNotOpen()
      const [known] = await findOrders(client, { accountId, clientOrderId: input.clientOrderId })
      if (known) return this.#again(client, known, terms)
      const counts = await countOrders(client, accountId)
      if (counts.open >= MAX_OPEN_ORDERS) return limitReached('openOrdersPerAccount', MAX_OPEN_ORDERS)
      if (counts.all >= MAX_ORDERS) return limitReached('ordersPerAccount', MAX_ORDERS)
      if (counts.fills >= MAX_FILLS) return limitReached('fillsPerAccount', MAX_FILLS)
      return this.#arrive(client, accountId, input.clientOrderId, terms)
    })
  }

  cancel(userId: string, { accountId, orderId, clientOrderId }: CancelPaperOrderInput) {
    if ((orderId == null) === (clientOrderId == null))
      return invalidInput('input', 'Name exactly one of `orderId` and `clientOrderId`.')
    return inTransaction(this.#pool, async (client) => {
      await lockWatermark(client, 'SHARE')
      if (!(await findAccount(client, userId, accountId, 'FOR UPDATE'))) return accountNotOpen()
      const name = orderId == null ? { clientOrderId: clientOrderId ?? '' } : { ids: [orderId] }
      const [order] = await findOrders(client, { accountId, ...name })
      if (!order || order.closedAt !== null) return orderNotOpen()
      return { __typename: 'PaperOrderCancelled' as const, order: await cancelOrder(client, order, this.#clock.now()) }
    })
  }

  async #again(client: ClientBase, order: PaperOrderParent, terms: OrderTerms) {
    const names = ['symbol', 'side', 'type', 'timeInForce', 'postOnly', 'price', 'quantity'] as const
    if (names.some((name) => order[name] !== terms[name])) return keyReused(order.id)
    const fills = (await findFills(client, order.accountId, order.id)).filter(({ isMaker }) => !isMaker)
    return { __typename: 'PaperOrderPlaced' as const, order, fills, replayed: true }
  }

  async #arrive(client: ClientBase, accountId: string, clientOrderId: string, terms: OrderTerms) {
    const { symbol, side, type, timeInForce, postOnly, price, quantity } = terms
    const place = { symbol, pathOf: (field: string) => `input.order.${field}` }
    const rules = await readRules(client, symbol)
    const balances = await readBalances(client, [accountId])
    const own = balances.get(accountId)!
    const volumes = await readVolumes(client, [accountId], this.#clock.now())
    const rates = new FeeRates(await readFeeTiers(client), volumes.get(accountId) ?? 0n)
    // From here on nothing waits: the book is one moment's.
    const book = this.#books.book(symbol)
    if (!book) return engineUnavailable('ENGINE_UNAVAILABLE')
    const conditions = { instrument: instrumentOf(symbol), book, rules, rates }
    const refusal = refusalOf(terms, own, conditions)
    if (refusal) return orderRefusal(refusal, place)
    const arrival = arrive(terms, own, conditions)
    const filledQuantity = arrival.fills.reduce((sum, fill) => sum + fill.quantity, 0)
    const order: PaperOrderParent = {
      id: this.#ids.next('por'),
      accountId,
      clientOrderId,
      symbol,
      side,
      type,
      timeInForce,
      postOnly,
      price,
      quantity,
      filledQuantity,
      filledQuoteAmount: arrival.fills.reduce((sum, fill) => sum + BigInt(fill.quoteAmount), 0n),
      status: arrival.status,
      cancelReason: arrival.cancelReason,
      held:
        arrival.resting === 0 || price === null
          ? 0n
          : holdOf(conditions.instrument, { side, price }, arrival.resting).amount,
      ahead: arrival.ahead,
      ...momentOf(book),
      closedAt: arrival.resting === 0 ? book.time : null,
    }
    await writeOrders(client, [order])
    await writeFills(
      client,
      arrival.fills.map((fill) => ({ order, fill })),
    )
    await writeBalances(client, balances)
    const fills: PaperFillParent[] = arrival.fills.map((fill) => ({ ...fill, orderId: order.id, symbol, side }))
    return { __typename: 'PaperOrderPlaced' as const, order, fills, replayed: false }
  }
}

const momentOf = ({ engineSequence, time }: RealBook) => ({ engineSequence, createdAt: time })

/** Takes an open order off, within the transaction that holds its account. */
export async function cancelOrder(client: ClientBase, order: PaperOrderParent, now: number): Promise<PaperOrderParent> {
  const { baseAsset, quoteAsset } = instrumentOf(order.symbol)
  const balances = await readBalances(client, [order.accountId])
  hold(balances.get(order.accountId)!, order.side === 'BUY' ? quoteAsset : baseAsset, -order.held)
  const cancelled = { ...order, status: 'CANCELLED', cancelReason: 'REQUESTED', held: 0n, closedAt: now } as const
  await writeOrders(client, [cancelled])
  await writeBalances(client, balances)
  return cancelled
}
