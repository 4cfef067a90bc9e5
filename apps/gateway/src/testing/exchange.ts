import type { SubgraphContext } from '@opsource/subgraph'

/** The owner of the live fields in the gateway's own tests: one stream of each kind. */
export const exchangeSdl = `
type Query { market(symbol: String!): Market @public account: Account @requiresScopes(scopes: [["trade"]]) markets: [Market!] @public listed(first: Int = 2): [Market!] @public @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false) rules(of: Int): Rules @public limits: Limits @authenticated vault: Int @policy(policies: [["role:ADMIN"]]) sealed: Int @policy(policies: [["moon:full"]]) }
type Mutation { place(price: Int!): Int @public }
type Subscription {
  "\`DELTA\`: a snapshot first, then steps."
  book(symbol: String!, depth: Int = 2): BookStep @public
  "\`STATE\`: the newest price."
  ticker(symbol: String!): Ticker @public
  "\`LOG\`: every fill of the caller."
  fills: Fill @authenticated
  "\`LOG\`: counts up to a number and ends."
  count(to: Int!): Count @public
}
type Market @key(fields: "symbol") @public { symbol: String! lot: Int! hidden: Int @inaccessible }
type BookStep { market: Market kind: String! sequence: Int! previousSequence: Int depth: Int! must: Int! markets: [Market!]! }
type Ticker { market: Market price: Int! }
type Fill { number: Int! market: Market }
type Count { value: Int! market: Market }
type Rules @cacheControl(maxAge: 60) { reads: Int! }
type Limits @authenticated @cacheControl(maxAge: 60) { owner: String! reads: Int! }
type Account @authenticated { owner: String! }
`

/** Pushes to whoever subscribes; keeps what was pushed to nobody away. */
export class Source<T> {
  readonly #readers = new Set<(item: T) => void>()
  /** How many subscriptions were ever opened. */
  opened = 0

  get readerCount(): number {
    return this.#readers.size
  }

  push(item: T): void {
    for (const reader of this.#readers) reader(item)
  }

  /** @param first come before everything that is pushed. */
  open(first: readonly T[] = []): AsyncGenerator<T, void, void> {
    this.opened++
    const waiting: T[] = [...first]
    let wake = () => {}
    let ended = false
    const read = (item: T) => {
      waiting.push(item)
      wake()
    }
    this.#readers.add(read)
    const end = async (): Promise<IteratorResult<T, void>> => {
      ended = true
      this.#readers.delete(read)
      wake()
      return { done: true, value: undefined }
    }
    const generator: AsyncGenerator<T, void, void> = {
      next: async () => {
        while (waiting.length === 0 && !ended) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
        const [value] = waiting.splice(0, 1)
        return value === undefined || ended ? end() : { done: false, value }
      },
      return: end,
      throw: async (error) => {
        await end()
        throw error
      },
      [Symbol.asyncDispose]: async () => void (await end()),
      [Symbol.asyncIterator]: () => generator,
    }
    return generator
  }
}

export interface Step {
  readonly kind: 'SNAPSHOT' | 'DELTA'
  readonly sequence: number
  readonly previousSequence: number | null
  readonly must?: number | null
}

/** The state behind the exchange's resolvers, moved by the test. */
export class Exchange {
  readonly steps = new Source<Step>()
  readonly prices = new Source<number>()
  readonly fills = new Source<number>()
  sequence = 0
  placed: number[] = []
  /** How often rules and limits were asked for. */
  reads = 0

  /** Moves the book by one step. */
  step(must?: number | null): void {
    this.sequence++
    this.steps.push({
      kind: 'DELTA',
      sequence: this.sequence,
      previousSequence: this.sequence - 1,
      ...(must === undefined ? {} : { must }),
    })
  }

  resolvers(): object {
    const market = (symbol: string) => (symbol === 'NONE' ? null : { symbol, lot: 5, hidden: 1 })
    return {
      Query: {
        market: (_: unknown, { symbol }: { symbol: string }) => market(symbol),
        markets: () => ['A', 'B'].map(market),
        listed: () => ['A', 'B'].map(market),
        vault: () => 7,
        sealed: () => 8,
        rules: () => ({ reads: ++this.reads }),
        limits: (_: unknown, __: unknown, { identity }: SubgraphContext) => ({
          owner: identity?.userId,
          reads: ++this.reads,
        }),
        account: (_: unknown, __: unknown, { identity }: SubgraphContext) => ({ owner: identity?.userId }),
      },
      Mutation: {
        place: (_: unknown, { price }: { price: number }) => this.placed.push(price),
      },
      Subscription: {
        book: {
          subscribe: () => this.steps.open([{ kind: 'SNAPSHOT', sequence: this.sequence, previousSequence: null }]),
          resolve: (step: Step, { symbol, depth }: { symbol: string; depth: number }) => ({
            must: 1,
            ...step,
            depth,
            market: market(symbol),
            markets: ['A', 'B'].map(market),
          }),
        },
        ticker: {
          subscribe: () => this.prices.open(),
          resolve: (price: number, { symbol }: { symbol: string }) => ({ price, market: market(symbol) }),
        },
        fills: { subscribe: () => this.fills.open(), resolve: (number: number) => ({ number, market: market('A') }) },
        count: {
          subscribe: (_: unknown, { to }: { to: number }) => counting(to),
          resolve: (value: number) => ({ value, market: market('A') }),
        },
      },
      Market: { __resolveReference: ({ symbol }: { symbol: string }) => market(symbol) },
    }
  }
}

async function* counting(to: number): AsyncGenerator<number> {
  for (let value = 1; value <= to; value++) yield value
}
