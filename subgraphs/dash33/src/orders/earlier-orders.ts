import DataLoader from 'dataloader'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { OrderSnapshot } from '../engine/acks.ts'
import { findTakerFills } from '../fills/index.ts'
import type { FillParent } from '../parents.ts'
import type { OrderName } from './input.ts'
import type { KeyWindow } from './key-window.ts'
import { countClosedOrders, findGroups, findOrdersByKey, findOwnOrders, type OrderKey } from './store.ts'

/** As many as a batch may have; more wait for the next statement. */
const MAX_KEYS = 500
const RETRY_MS = 5_000
/** An order that waited longer for the record must not reach the engine any more: whoever sent it may have given up. */
export const PATIENCE_MS = 3_000

/** An order whose key is used again, with what it traded as it arrived. */
export interface EarlierOrder {
  readonly order: OrderSnapshot
  /** The other orders of its pair or bracket. */
  readonly linked: readonly OrderSnapshot[]
  readonly fills: readonly FillParent[]
}

/** Closed orders that the engine may no longer remember the keys of. */
export interface EarlierOrders {
  /** Whether the account has closed orders that the engine may have forgotten. */
  needed(accountId: string): boolean
  /** @returns for each key the closed order that has it, or null. Rejects where the database is away, or does not answer in time. */
  find(accountId: string, clientOrderIds: readonly string[]): Promise<readonly (EarlierOrder | null)[]>
}

/** Reads them from the stored orders, and only of accounts that have more than the engine remembers. */
export class StoredOrders implements EarlierOrders {
  readonly #pool: Pool
  readonly #log: Logger
  readonly #window: KeyWindow
  readonly #reached: (engineSequence: number) => Promise<void>
  readonly #byKey: DataLoader<OrderKey, OrderSnapshot | null>
  #inHand: Promise<unknown> = Promise.resolve()
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: {
    readonly pool: Pool
    readonly log: Logger
    readonly window: KeyWindow
    /** Resolves once the stored orders contain what the command did. */
    readonly reached: (engineSequence: number) => Promise<void>
  }) {
    this.#pool = options.pool
    this.#log = options.log
    this.#window = options.window
    this.#reached = options.reached
    this.#byKey = new DataLoader<OrderKey, OrderSnapshot | null>((keys) => this.#look(keys), {
      cache: false,
      maxBatchSize: MAX_KEYS,
      // One statement at a time: whoever comes meanwhile shares the next.
      batchScheduleFn: (run) => void this.#inHand.finally(run),
    })
  }

  /** Counts what had closed before; until that is done every key is looked up. */
  async start(): Promise<void> {
    try {
      this.#window.begin(await countClosedOrders(this.#pool))
    } catch (error) {
      this.#log.warn({ err: error }, 'closed orders could not be counted; trying again')
      if (!this.#closed) this.#retry = setTimeout(() => void this.start(), RETRY_MS)
    }
  }

  stop(): void {
    this.#closed = true
    clearTimeout(this.#retry)
  }

  needed(accountId: string): boolean {
    return this.#window.mayHaveForgotten(accountId)
  }

  find(accountId: string, clientOrderIds: readonly string[]): Promise<readonly (EarlierOrder | null)[]> {
    return inTime(this.#find(accountId, clientOrderIds))
  }

  /** @returns in which market a stored order is that is open; null where there is none. Rejects like `find`. */
  symbolOf(accountId: string, name: OrderName): Promise<string | null> {
    return inTime(this.#symbolOf(accountId, name))
  }

  async #find(accountId: string, clientOrderIds: readonly string[]): Promise<readonly (EarlierOrder | null)[]> {
    // Only whoever repeats a key while the record lags has to wait for it.
    const unstored = clientOrderIds.map((clientOrderId) => this.#window.unstoredThrough(accountId, clientOrderId))
    await this.#reached(Math.max(0, ...unstored))
    const orders = await Promise.all(
      clientOrderIds.map((clientOrderId) => this.#byKey.load({ accountId, clientOrderId })),
    )
    return Promise.all(orders.map((order) => (order && isClosed(order) ? this.#withRest(accountId, order) : null)))
  }

  async #symbolOf(accountId: string, name: OrderName): Promise<string | null> {
    const order =
      'orderId' in name
        ? (await findOwnOrders(this.#pool, accountId, [name.orderId])).get(name.orderId)
        : await this.#byKey.load({ accountId, clientOrderId: name.clientOrderId })
    return order && !isClosed(order) ? order.symbol : null
  }

  async #withRest(accountId: string, order: OrderSnapshot): Promise<EarlierOrder> {
    const { groupId } = order
    const group = groupId === null ? [] : (await findGroups(this.#pool, accountId, [groupId])).get(groupId)
    const linked = (group ?? []).filter(({ orderId }) => orderId !== order.orderId)
    return { order, linked, fills: await findTakerFills(this.#pool, order) }
  }

  #look(keys: readonly OrderKey[]): Promise<(OrderSnapshot | null)[]> {
    const found = findOrdersByKey(this.#pool, keys)
    this.#inHand = found.catch((error: unknown) => this.#log.warn({ err: error }, 'earlier orders could not be read'))
    return found
  }
}

/** An open order is in the engine's memory. */
function isClosed({ status }: OrderSnapshot): boolean {
  return status === 'FILLED' || status === 'CANCELLED' || status === 'EXPIRED'
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the record of orders does not answer in time')), PATIENCE_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
