import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSchema, GraphQLObjectType } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import { type Book, bookOf } from './books.ts'
import { serveOrders } from './children.ts'

/**
 * What a server does that shares nothing: graphql-ws as it comes, and graphql-js executes and serialises every event for every client.
 * Its events are made in the process itself, which the gateway's are not.
 */
const schema = buildSchema(`
  type Query { any: Int }
  type Subscription { book(symbol: String!): BookStep }
  type BookStep { sequence: Int! sentAt: Float! bids: [Level!]! asks: [Level!]! }
  type Level { price: String! quantity: String! }
`)
const readers = new Set<(book: Book) => void>()
let timer: NodeJS.Timeout | undefined

function events(): AsyncGenerator<{ book: Book }> {
  const waiting: Book[] = [bookOf(0, 0)]
  let wake = () => {}
  const read = (book: Book) => {
    waiting.push(book)
    wake()
  }
  readers.add(read)
  const end = async () => {
    readers.delete(read)
    return { done: true as const, value: undefined }
  }
  const generator: AsyncGenerator<{ book: Book }> = {
    next: async () => {
      while (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const book = waiting.shift()
      return book ? { done: false, value: { book } } : end()
    },
    return: end,
    throw: end,
    [Symbol.asyncDispose]: async () => void (await end()),
    [Symbol.asyncIterator]: () => generator,
  }
  return generator
}

const orderSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('start') }),
  z.object({ do: z.literal('run'), perSecond: z.number() }),
  z.object({ do: z.literal('rest') }),
])

serveOrders(orderSchema, async (order) => {
  clearInterval(timer)
  if (order.do === 'rest') return null
  if (order.do === 'run') {
    let sequence = 0
    timer = setInterval(() => {
      sequence++
      const book = bookOf(sequence, 0)
      for (const read of readers) read(book)
    }, 1_000 / order.perSecond)
    return null
  }
  const subscription = schema.getSubscriptionType()
  if (!(subscription instanceof GraphQLObjectType)) throw new Error('no subscriptions')
  const { book } = subscription.getFields()
  if (book) book.subscribe = events
  const http = createServer()
  useServer({ schema }, new WebSocketServer({ server: http, path: '/graphql' }))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return (http.address() as AddressInfo).port
})
