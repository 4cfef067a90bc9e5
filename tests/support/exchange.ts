import { type Dash33, startDash33 } from '@opsource/dash33'
import type { Role } from '@opsource/identity'
import { type TestPorts, testPorts } from './ports.ts'

export interface Answer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
}

export interface OrderRequest {
  readonly clientOrderId: string
  readonly symbol?: string
  readonly side: 'BUY' | 'SELL'
  readonly type?: 'LIMIT' | 'MARKET'
  readonly timeInForce?: 'GTC' | 'IOC'
  readonly price?: string | null
  readonly quantity: string
}

const ORDER =
  'id clientOrderId side status price quantity filledQuantity remainingQuantity filledQuoteAmount engineSequence'
const FAULT = '... on Refusal { code message } ... on InvalidInput { field }'
export const PLACED = `__typename ... on OrderPlaced { replayed order { ${ORDER} } fills { tradeId price quantity fee liquidity } } ${FAULT} ... on InvalidOrder { field }
  ... on InsufficientBalance { asset required available } ... on ClientOrderIdReused { orderId } ... on UnknownMarket { symbol }`
export const CANCELLED = `__typename ... on OrderCancelled { order { ${ORDER} } } ${FAULT}`

/** The exchange alone, on memory ports, asked as a gateway asks it. */
export class TestExchange {
  readonly subgraph: Dash33
  readonly ports: TestPorts

  private constructor(subgraph: Dash33, ports: TestPorts) {
    this.subgraph = subgraph
    this.ports = ports
  }

  static async start(databaseUrl: string, given: Parameters<typeof testPorts>[0] = {}): Promise<TestExchange> {
    const ports = testPorts({ ...given, databaseUrl })
    return new TestExchange(await startDash33(ports), ports)
  }

  /** @param userId null asks without a token. */
  async ask(
    userId: string | null,
    query: string,
    variables: object = {},
    roles: readonly Role[] = ['TRADER'],
  ): Promise<Answer> {
    return JSON.parse(await this.subgraph.execute(await this.#request(userId, query, variables, roles)))
  }

  /** @returns the results as they come. Not an async generator: `return()` must reach a source that `next()` waits for. */
  watch(query: string, variables: object = {}): AsyncIterableIterator<Answer, undefined> {
    const results = this.subgraph.subscribe({ body: JSON.stringify({ query, variables }), headers: {} })
    const answers: AsyncIterableIterator<Answer, undefined> = {
      next: async () => {
        const { done, value } = await results.next()
        return done ? { done, value: undefined } : { done: false, value: JSON.parse(value) }
      },
      return: async () => {
        await results.return?.()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]: () => answers,
    }
    return answers
  }

  /** Gives the user's account something from outside, after opening it by a refused order. */
  async credit(userId: string, asset: string, amount: string, reference = `${userId}-${asset}-${amount}`) {
    await this.place(userId, { clientOrderId: 'opens-the-account', side: 'BUY', price: '0.01', quantity: '1' })
    return this.field(
      'usr_operator',
      `mutation ($input: CreditAccountInput!) { creditAccount(input: $input) { __typename
        ... on AccountCredited { balance { asset { code } total available held } } ... on Refusal { code } } }`,
      { input: { userId, asset, amount, reference } },
      ['OPERATOR'],
    )
  }

  /** BTC-USDT and good till cancelled, unless the request says otherwise. */
  place(userId: string, order: OrderRequest) {
    const input = { symbol: 'BTC-USDT', type: 'LIMIT', ...order }
    return this.field(userId, `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { ${PLACED} } }`, {
      input,
    })
  }

  cancel(userId: string, input: object) {
    return this.field(userId, `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { ${CANCELLED} } }`, {
      input,
    })
  }

  /** @returns the only root field's value. Throws what the answer has in `errors`. */
  async field(userId: string | null, query: string, variables: object = {}, roles?: readonly Role[]) {
    const { data, errors } = await this.ask(userId, query, variables, roles)
    if (errors) throw new Error(JSON.stringify(errors))
    return Object.values(data ?? {})[0]
  }

  /** Resolves once the projections contain everything that the engine has answered. */
  async settled(): Promise<void> {
    await this.subgraph.projected((await this.subgraph.stateHash()).sequence)
  }

  async stop(): Promise<void> {
    await this.subgraph.stop()
    await this.ports.transport.close()
    await this.ports.cache.close()
  }

  async #request(userId: string | null, query: string, variables: object, roles: readonly Role[]) {
    const headers: Record<string, string> = {}
    if (userId !== null) headers.authorization = `Bearer ${await this.ports.token({ userId, roles })}`
    return { body: JSON.stringify({ query, variables }), headers }
  }
}
