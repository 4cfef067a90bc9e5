/** Every operation that the market sends. A test holds them against the supergraph. */

export const MARKETS = /* GraphQL */ `
  query Markets {
    markets {
      symbol
      tickSize
      lotSize
      baseAsset { code scale }
      quoteAsset { code scale }
    }
  }
`

export const ME = /* GraphQL */ `
  query Me {
    me { id }
  }
`

export const BALANCES = /* GraphQL */ `
  query Balances {
    portfolio {
      accountId
      balances { asset { code scale } total available }
    }
  }
`

export const OPEN_ORDERS = /* GraphQL */ `
  query OpenOrders($symbol: String!, $after: String) {
    orders(first: 100, after: $after, symbol: $symbol, openOnly: true) {
      edges { node { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
`

export const SUBMIT_ORDER_BATCH = /* GraphQL */ `
  mutation SubmitOrderBatch($input: OrderBatchInput!) {
    submitOrderBatch(input: $input) {
      __typename
      ... on OrderBatch {
        cancels {
          __typename
          ... on Refusal { code message }
        }
        orders {
          __typename
          ... on OrderPlaced {
            replayed
            order { remainingQuantity }
            fills { tradeId price quantity }
          }
          ... on Refusal { code message }
        }
      }
      ... on Refusal { code message }
    }
  }
`

export const SET_MARKET_STATUS = /* GraphQL */ `
  mutation SetMarketStatus($input: SetMarketStatusInput!) {
    setMarketStatus(input: $input) {
      __typename
      ... on Refusal { code message }
    }
  }
`

export const CREDIT_ACCOUNT = /* GraphQL */ `
  mutation CreditAccount($input: CreditAccountInput!) {
    creditAccount(input: $input) {
      __typename
      ... on Refusal { code message }
    }
  }
`

export const RISK_PROFILE = /* GraphQL */ `
  query RiskProfile($accountId: ID!) {
    riskProfile(accountId: $accountId) { name }
  }
`

export const ASSIGN_RISK_PROFILE = /* GraphQL */ `
  mutation AssignRiskProfile($input: AssignRiskProfileInput!) {
    assignRiskProfile(input: $input) {
      __typename
      ... on Refusal { code message }
    }
  }
`

export const TRADES = /* GraphQL */ `
  subscription Trades($symbol: String!) {
    trades(symbol: $symbol) { id price takerSide }
  }
`

export const ORDER_BOOK = /* GraphQL */ `
  subscription OrderBook($symbol: String!, $depth: Int!) {
    orderBook(symbol: $symbol, depth: $depth) {
      kind
      bids { price quantity }
      asks { price quantity }
    }
  }
`
