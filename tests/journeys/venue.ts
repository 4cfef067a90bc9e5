import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { plain, type Visitor } from './visitor.ts'

export const EVENTUALLY = { timeout: 40_000, interval: 50 }

export const REGISTER = /* GraphQL */ `
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      __typename
      ... on SessionStarted { user { id } tokens { accessToken refreshToken } }
      ... on Refusal { code message }
    }
  }
`
export const LOG_IN = /* GraphQL */ `
  mutation LogIn($input: LogInInput!) {
    logIn(input: $input) {
      __typename
      ... on SessionStarted { user { id } tokens { accessToken refreshToken } }
      ... on Refusal { code message }
    }
  }
`
export const PLACE_ORDER = /* GraphQL */ `
  mutation PlaceOrder($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      __typename
      ... on OrderPlaced {
        replayed
        order { id status filledQuantity remainingQuantity filledQuoteAmount engineSequence }
        fills { tradeId price quantity fee liquidity }
      }
      ... on Refusal { code message }
      ... on InvalidOrder { field }
      ... on InvalidInput { field }
      ... on InsufficientBalance { asset required available }
      ... on ClientOrderIdReused { orderId }
    }
  }
`
export const CANCEL_ORDER = /* GraphQL */ `
  mutation CancelOrder($input: CancelOrderInput!) {
    cancelOrder(input: $input) {
      __typename
      ... on OrderCancelled { order { id status remainingQuantity } }
      ... on Refusal { code }
    }
  }
`
const SET_STATUS = /* GraphQL */ `
  mutation SetMarketStatus($input: SetMarketStatusInput!) {
    setMarketStatus(input: $input) { __typename ... on MarketStatusSet { market { symbol status } } ... on Refusal { code message } }
  }
`
export const CREDIT = /* GraphQL */ `
  mutation Credit($input: CreditAccountInput!) {
    creditAccount(input: $input) { __typename ... on AccountCredited { balance { total available held asset { code } } } ... on Refusal { code message } }
  }
`
export const PORTFOLIO = /* GraphQL */ `
  query Portfolio {
    portfolio {
      accountId
      watermark
      balances { asset { code } total available held }
      positions { market { symbol } quantity averagePrice realisedProfit }
      fills { orderId side fill { tradeId price quantity fee liquidity } }
    }
  }
`

const started = z.object({
  __typename: z.literal('SessionStarted'),
  user: z.object({ id: z.string() }),
  tokens: z.object({ accessToken: z.string(), refreshToken: z.string() }),
})
const placed = z.object({
  placeOrder: z.object({
    __typename: z.literal('OrderPlaced'),
    replayed: z.boolean(),
    order: z.object({
      id: z.string(),
      status: z.string(),
      filledQuantity: z.string(),
      remainingQuantity: z.string(),
      filledQuoteAmount: z.string(),
      engineSequence: z.number(),
    }),
    fills: z.array(
      z.object({
        tradeId: z.string(),
        price: z.string(),
        quantity: z.string(),
        fee: z.string(),
        liquidity: z.string(),
      }),
    ),
  }),
})
const portfolioSchema = z.object({
  portfolio: z.object({
    accountId: z.string(),
    watermark: z.number(),
    balances: z.array(
      z.object({ asset: z.object({ code: z.string() }), total: z.string(), available: z.string(), held: z.string() }),
    ),
    positions: z.array(
      z.object({
        market: z.object({ symbol: z.string() }),
        quantity: z.string(),
        averagePrice: z.string().nullable(),
        realisedProfit: z.string(),
      }),
    ),
    fills: z.array(
      z.object({
        orderId: z.string(),
        side: z.string(),
        fill: z.object({ price: z.string(), quantity: z.string() }).loose(),
      }),
    ),
  }),
})

export interface Order {
  readonly clientOrderId?: string
  readonly symbol?: string
  readonly side: 'BUY' | 'SELL'
  readonly type?: 'LIMIT' | 'MARKET'
  readonly timeInForce?: 'GTC' | 'IOC'
  readonly price?: string
  readonly quantity: string
}

/** An order with what an ordinary one has. */
export const orderOf = (order: Order) => ({ clientOrderId: randomUUID(), symbol: 'BTC-USDT', type: 'LIMIT', ...order })

/** A registered person with a session and, as soon as the exchange has heard of them, an account. */
export class Trader {
  readonly visitor: Visitor
  readonly userId: string
  readonly email: string
  readonly password: string
  readonly accessToken: string
  readonly refreshToken: string

  constructor(visitor: Visitor, email: string, password: string, session: z.infer<typeof started>) {
    this.visitor = visitor.as(`Bearer ${session.tokens.accessToken}`)
    this.userId = session.user.id
    this.email = email
    this.password = password
    this.accessToken = session.tokens.accessToken
    this.refreshToken = session.tokens.refreshToken
  }

  static async register(visitor: Visitor, name: string): Promise<Trader> {
    const email = `${name}-${randomUUID()}@example.org`
    const password = `correct horse ${randomUUID()}`
    const { register } = await visitor.get(z.object({ register: started }), REGISTER, {
      input: { email, password, displayName: name },
    })
    const trader = new Trader(visitor, email, password, register)
    await trader.accountOpened()
    return trader
  }

  static async logIn(visitor: Visitor, email: string, password: string): Promise<Trader> {
    const { logIn } = await visitor.get(z.object({ logIn: started }), LOG_IN, { input: { email, password } })
    return new Trader(visitor, email, password, logIn)
  }

  /** The exchange hears of a person by an event: before it has, there is no account to credit. */
  async accountOpened(): Promise<void> {
    const deadline = AbortSignal.timeout(EVENTUALLY.timeout)
    while (!(await this.visitor.ask(PORTFOLIO)).data?.portfolio) {
      if (deadline.aborted) throw new Error('the exchange has opened no account')
      await sleep(EVENTUALLY.interval)
    }
  }

  async place(order: Order) {
    return (await this.visitor.get(placed, PLACE_ORDER, { input: orderOf(order) })).placeOrder
  }

  async portfolio() {
    return (await this.visitor.get(portfolioSchema, PORTFOLIO)).portfolio
  }

  /** @returns total and held of every asset, without trailing zeros. */
  async balances(): Promise<Record<string, { total: string; held: string }>> {
    const { balances } = await this.portfolio()
    return Object.fromEntries(
      balances.map(({ asset, total, held }) => [asset.code, { total: plain(total), held: plain(held) }]),
    )
  }
}

export async function setStatus(
  operator: Visitor,
  symbol: string,
  status: 'TRADING' | 'PAUSED' | 'AUCTION',
): Promise<void> {
  const answer = z.object({ setMarketStatus: z.object({ __typename: z.literal('MarketStatusSet') }) })
  await operator.get(answer, SET_STATUS, { input: { symbol, status, recording: null } })
}

export async function credit(
  operator: Visitor,
  userId: string,
  asset: string,
  amount: string,
  reference = randomUUID(),
): Promise<void> {
  const answer = z.object({ creditAccount: z.object({ __typename: z.literal('AccountCredited') }) })
  await operator.get(answer, CREDIT, { input: { userId, asset, amount, reference } })
}

const ASSIGN_PROFILE = /* GraphQL */ `
  mutation AssignProfile($input: AssignRiskProfileInput!) {
    assignRiskProfile(input: $input) { __typename ... on Refusal { code message } }
  }
`
const assigned = z.object({ assignRiskProfile: z.object({ __typename: z.literal('SettingChanged') }) })

/** Puts a trader who sends more than people do under the profile for it. */
export async function quoteAsMaker(operator: Visitor, trader: Trader): Promise<void> {
  const { accountId } = await trader.portfolio()
  const input = { accountId, profile: 'market-maker', reason: 'drill' }
  await operator.get(assigned, ASSIGN_PROFILE, { input })
}
