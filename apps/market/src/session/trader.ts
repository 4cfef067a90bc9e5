import { setTimeout as sleep } from 'node:timers/promises'
import {
  type GraphClient,
  GraphError,
  OPEN_ORDERS,
  type OrderAnswer,
  openOrdersAnswer,
  SUBMIT_ORDER_BATCH,
  submitOrderBatchAnswer,
} from '../graph/index.ts'

/** The most cancels and orders in one batch that the exchange takes. */
export const MAX_BATCH = 500
/** Between two attempts while the engine does not answer. */
const ENGINE_PAUSE_MS = 200

/** An order as the graph takes it. */
export interface OrderInput {
  readonly clientOrderId: string
  readonly symbol: string
  readonly side: 'BUY' | 'SELL'
  readonly type: 'LIMIT'
  readonly timeInForce: 'GTC' | 'IOC'
  readonly price: string
  readonly quantity: string
}

export type CancelInput = { readonly clientOrderId: string } | { readonly orderId: string }

/** One account's orders: what it sends may be sent twice without harm, because every order carries its own key. */
export class Trader {
  readonly client: GraphClient

  constructor(client: GraphClient) {
    this.client = client
  }

  /**
   * Carries out one batch, asking again while the engine is away. A cancel of what is no longer open counts as done.
   * @returns an answer for each order.
   * @throws GraphError where the batch is refused whole.
   */
  async submit(cancels: readonly CancelInput[], orders: readonly OrderInput[]): Promise<readonly OrderAnswer[]> {
    while (true) {
      const { submitOrderBatch: batch } = await this.client.ask(
        SUBMIT_ORDER_BATCH,
        { input: { cancels, orders } },
        submitOrderBatchAnswer,
      )
      if ('orders' in batch) {
        const parts = [...batch.cancels, ...batch.orders]
        if (parts.every((part) => part.__typename !== 'EngineUnavailable')) return batch.orders
      } else if (batch.__typename !== 'EngineUnavailable')
        throw new GraphError(`batch refused: ${batch.code}: ${batch.message}`)
      await sleep(ENGINE_PAUSE_MS)
    }
  }

  /** Cancels whatever the account has open in a market. @returns how many orders that were. */
  async cancelAll(symbol: string): Promise<number> {
    const ids: string[] = []
    let after: string | null = null
    do {
      const answer: {
        orders: {
          edges: { node: { id: string } }[]
          pageInfo: { hasNextPage: boolean; endCursor: string | null }
        } | null
      } = await this.client.ask(OPEN_ORDERS, { symbol, after }, openOrdersAnswer)
      ids.push(...(answer.orders?.edges.map((edge) => edge.node.id) ?? []))
      after = answer.orders?.pageInfo.hasNextPage ? answer.orders.pageInfo.endCursor : null
    } while (after !== null)
    for (let at = 0; at < ids.length; at += MAX_BATCH) {
      await this.submit(
        ids.slice(at, at + MAX_BATCH).map((orderId) => ({ orderId })),
        [],
      )
    }
    return ids.length
  }
}
