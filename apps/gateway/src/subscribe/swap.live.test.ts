import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Reading, until } from '../testing/reading.ts'
import { type Reach, Stage } from '../testing/stage.ts'

const BOOK = 'subscription { book(symbol: "A") { kind sequence previousSequence market { forecast } } }'
const TICKER = 'subscription { ticker(symbol: "A") { price market { forecast } } }'
const FILLS = 'subscription { fills { number market { forecast } } }'

interface Step {
  kind: string
  sequence: number
  previousSequence: number | null
}

describe.each<Reach>(['in process', 'over HTTP'])(
  'when the graph changes under live operations on subgraphs %s',
  (reach) => {
    let stage: Stage
    beforeEach(async () => {
      stage = await Stage.open(reach)
    })
    afterEach(() => stage?.close())

    /** One of each kind, with something read. */
    const readAll = async () => {
      const { exchange } = stage
      const bearer = `Bearer ${stage.issuer.token()}`
      const book = new Reading(stage.client(), BOOK)
      const ticker = new Reading(stage.client(), TICKER)
      const fills = new Reading(stage.client(bearer), FILLS)
      await until(() => [exchange.steps, exchange.prices, exchange.fills].every(isRead), 'all three')
      exchange.prices.push(1)
      exchange.fills.push(1)
      await until(() => [book, ticker, fills].every(({ answers }) => answers.length === 1), 'the first of each')
      return { book, ticker, fills }
    }
    const isRead = ({ readerCount }: { readerCount: number }) => readerCount === 1
    const reload = async (edit: (sdl: string) => string, more = '') => {
      await stage.composeWith(more, edit)
      await stage.gateway.reload()
    }

    it('what asks its owner the same goes on: every kind, every event, once, on the same upstream', async () => {
      const { exchange } = stage
      const { book, ticker, fills } = await readAll()
      for (let i = 2; i <= 20; i++) {
        if (i % 5 === 0) await reload((sdl) => sdl, `\nextend type Query { fresh${i}: Int @public }`)
        exchange.step()
        exchange.prices.push(i)
        exchange.fills.push(i)
        await until(() => ticker.answers.length === i, 'the price')
      }
      const numbers = Array.from({ length: 20 }, (_, i) => i + 1)
      await until(() => book.answers.length === 20 && fills.answers.length === 20, 'all of the others')
      expect(ticker.field<{ price: number }>('ticker').map((each) => each?.price)).toEqual(numbers)
      expect(fills.field<{ number: number }>('fills').map((each) => each?.number)).toEqual(numbers)
      expect(book.field<Step>('book').map((step) => step?.sequence)).toEqual(numbers.map((n) => n - 1))
      expect([exchange.steps, exchange.prices, exchange.fills].map(({ opened }) => opened)).toEqual([1, 1, 1])
    })

    it('what must ask its owner for more begins there anew: a STATE with its next event, a DELTA whole, a LOG not', async () => {
      const { exchange } = stage
      const { book, ticker, fills } = await readAll()
      exchange.step()
      await until(() => book.answers.length === 2, 'a step')
      await reload((sdl) => sdl.replace('forecast: Float', 'forecast: Float @requires(fields: "lot")'))
      await until(() => book.answers.length === 3 && exchange.prices.opened === 2, 'the new upstreams')
      exchange.step()
      await until(() => {
        exchange.prices.push(2)
        return book.answers.length === 4 && isRead(exchange.prices)
      }, 'the next of each')
      expect(book.field<Step>('book').slice(2)).toMatchObject([
        { kind: 'SNAPSHOT', sequence: 1 },
        { kind: 'DELTA', sequence: 2, previousSequence: 1 },
      ])
      expect(ticker.ending).toBeNull()
      expect(ticker.answers.at(-1)).toEqual({ data: { ticker: { price: 2, market: { forecast: 0.5 } } } })
      expect(isRead(exchange.steps)).toBe(true)
      expect(fills.ending).toMatchObject({ kind: 'ERROR', codes: ['SUBSCRIPTION_GAP'] })
    })

    it('what it no longer has ends with SUBSCRIPTION_SCHEMA_RELOAD, and nothing else does', async () => {
      const { book, ticker, fills } = await readAll()
      const plain = new Reading(stage.client(), 'subscription { book(symbol: "A") { sequence } }')
      await until(() => plain.answers.length === 1, 'the snapshot')
      await reload((sdl) => sdl.replace('forecast: Float', ''))
      await until(() => [book, ticker, fills].every(({ ending }) => ending !== null), 'the ends')
      for (const { ending } of [book, ticker, fills]) {
        expect(ending).toMatchObject({ kind: 'ERROR', codes: ['SUBSCRIPTION_SCHEMA_RELOAD'] })
      }
      stage.exchange.step()
      await until(() => plain.answers.length === 2, 'a step')
      expect(plain.ending).toBeNull()
    })

    it('what a caller may no longer have ends with why, and goes on for who may', async () => {
      const { exchange } = stage
      const [known, unknown] = [stage.client(`Bearer ${stage.issuer.token()}`), stage.client()].map(
        (client) => new Reading(client, TICKER),
      )
      await until(() => isRead(exchange.prices), 'one upstream for both')
      await reload((sdl) =>
        sdl.replace('ticker(symbol: String!): Ticker @public', 'ticker(symbol: String!): Ticker @authenticated'),
      )
      await until(
        () => unknown?.ending !== null && exchange.prices.opened === 2 && isRead(exchange.prices),
        'the end of one',
      )
      expect(unknown?.ending).toMatchObject({ kind: 'ERROR', codes: ['UNAUTHENTICATED'] })
      await until(() => {
        exchange.prices.push(5)
        return (known?.answers.length ?? 0) > 0
      }, 'the price for the other')
      expect(known?.ending).toBeNull()
    })

    it('what becomes private is read by each for themselves', async () => {
      const query = 'subscription { ticker(symbol: "A") { price market { forecast } } }'
      const [known, unknown] = [stage.client(`Bearer ${stage.issuer.token()}`), stage.client()].map(
        (client) => new Reading(client, query),
      )
      await until(() => isRead(stage.exchange.prices), 'one upstream for both')
      await reload((sdl) => sdl.replace('forecast: Float', 'forecast: Float @authenticated'))
      await until(() => stage.exchange.prices.opened === 3, 'one for each')
      await until(() => {
        stage.exchange.prices.push(3)
        return stage.exchange.prices.readerCount === 2
      }, 'both on their own')
      stage.exchange.prices.push(4)
      const prices = () => [known, unknown].map((reading) => reading?.field<{ price: number }>('ticker').at(-1)?.price)
      await until(() => prices().every((price) => price === 4), 'the price')
      expect([known?.ending, unknown?.ending]).toEqual([null, null])
    })
  },
)
