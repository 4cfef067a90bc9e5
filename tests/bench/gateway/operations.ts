/** Different operations are sent in turn: equal ones that are under way at one time could share an answer. */
const SYMBOLS = 500

/** What is asked in the bench: of one subgraph, and of all four at once (five fetches, one of them of ten entities in a list). */
export const operations = {
  one: `query Market($symbol: String!) {
    market(symbol: $symbol) { symbol status tickSize lotSize ticker { bestBid bestAsk lastPrice volume tradeCount time } orderBook(depth: 10) { sequence time bids { price quantity } } }
  }`,
  four: `query Screen($first: Int, $symbol: String!) {
    market(symbol: $symbol) { lotSize }
    markets { symbol status ticker { lastPrice } prediction { direction probability } }
    me { id displayName kind portfolio { value } devices { id platform } notifications(first: $first) { edges { node { id kind } } } }
  }`,
} as const

export type OperationName = keyof typeof operations

export function requestOf(name: OperationName, index = 0): string {
  const symbol = `symbol-Market-${index % SYMBOLS}`
  return JSON.stringify({ query: operations[name], variables: name === 'one' ? { symbol } : { symbol, first: 5 } })
}

/** The subgraphs of the graph, each with its place among the ports of the bench. */
export const SUBGRAPHS = ['dash33', 'anya', 'enterprise', 'mobile'] as const
