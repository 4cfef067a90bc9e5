import type { TokenVerifier } from '@opsource/identity'
import type { Listening } from '@opsource/subgraph'
import { type Issuer, issuerSdl } from '../../../apps/gateway/src/testing/issuer.ts'
import { openSubgraph, serve, withPrelude } from '../../../apps/gateway/src/testing/subgraph.ts'
import { type Book, bookOf } from './books.ts'

const exchangeSdl = `
type Query { market(symbol: String!): Market @public }
type Subscription {
  "\`DELTA\`: the whole book each time, so that every message has the same length."
  book(symbol: String!, depth: Int = 20): BookStep @public
}
type Market @key(fields: "symbol") @public { symbol: String! }
type BookStep { market: Market sequence: Int! previousSequence: Int sentAt: Float! bids: [Level!]! asks: [Level!]! note: String }
type Level { price: String! quantity: String! }
`
const analystSdl = `
type Query { models: Int @public }
type Market @key(fields: "symbol") @public { symbol: String! forecast: Float confidence: Float }
`
const newsSdl = `
type Query { papers: Int @public }
type Market @key(fields: "symbol") @public { symbol: String! headline: String mood: Float }
`

export const parts = { exchange: exchangeSdl, analyst: analystSdl, news: newsSdl, enterprise: issuerSdl } as const

export type PartName = keyof typeof parts

/** For the composition of the graph. */
export async function describedParts(): Promise<{ name: string; url: string; sdl: string }[]> {
  return Promise.all(
    Object.entries(parts).map(async ([name, sdl]) => ({
      name,
      url: `http://${name}/graphql`,
      sdl: await withPrelude(sdl),
    })),
  )
}

/** The exchange, and who adds to its markets, each on a port of its own. */
export class BenchSubgraphs {
  readonly #readers = new Set<(book: Book) => void>()
  readonly #servers: Listening[] = []
  #sequence = 0

  /** @returns the port of each. */
  async start(verifier: TokenVerifier, issuer: Issuer): Promise<Record<PartName, number>> {
    const market = ({ symbol }: { symbol: string }) => ({ symbol })
    const resolvers: Record<PartName, object> = {
      exchange: {
        Query: { market },
        Subscription: {
          book: {
            subscribe: (_: unknown, { depth }: { depth: number }) => this.#open(depth),
            resolve: (book: Book) => book,
          },
        },
        Market: { __resolveReference: market },
      },
      analyst: {
        Query: { models: () => 1 },
        Market: { __resolveReference: market, forecast: () => 0.5, confidence: () => 0.9 },
      },
      news: {
        Query: { papers: () => 1 },
        Market: { __resolveReference: market, headline: () => 'nothing new', mood: () => 0.1 },
      },
      enterprise: issuer.resolvers(),
    }
    const start = async (name: PartName) => {
      const server = await serve(await openSubgraph(name, parts[name], resolvers[name], verifier))
      this.#servers.push(server)
      return server.port
    }
    return {
      exchange: await start('exchange'),
      analyst: await start('analyst'),
      news: await start('news'),
      enterprise: await start('enterprise'),
    }
  }

  /** How many subscriptions are open. */
  get readerCount(): number {
    return this.#readers.size
  }

  /** The next book, with a note of so many characters. */
  push(noteLength: number): void {
    this.#sequence++
    const book = bookOf(this.#sequence, noteLength)
    for (const read of this.#readers) read(book)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()))
  }

  #open(depth: number): AsyncGenerator<Book, void, void> {
    const waiting: Book[] = [{ ...bookOf(this.#sequence, 0), previousSequence: null }]
    let wake = () => {}
    let isOver = false
    const shown = (book: Book): Book => ({ ...book, bids: book.bids.slice(0, depth), asks: book.asks.slice(0, depth) })
    const read = (book: Book) => {
      waiting.push(book)
      wake()
    }
    this.#readers.add(read)
    const end = async (): Promise<IteratorResult<Book, void>> => {
      isOver = true
      this.#readers.delete(read)
      wake()
      return { done: true, value: undefined }
    }
    const generator: AsyncGenerator<Book, void, void> = {
      next: async () => {
        while (waiting.length === 0 && !isOver) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
        const book = waiting.shift()
        return book === undefined || isOver ? end() : { done: false, value: shown(book) }
      },
      return: end,
      throw: end,
      [Symbol.asyncDispose]: async () => void (await end()),
      [Symbol.asyncIterator]: () => generator,
    }
    return generator
  }
}
