import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Reading, until } from '../testing/reading.ts'
import { Stage } from '../testing/stage.ts'

interface Step {
  kind: string
  sequence: number
  previousSequence: number | null
  market?: { forecast: number | null }
}
const BOOK = 'subscription { book(symbol: "A") { kind sequence previousSequence market { forecast } } }'

describe('when a subgraph behind a live operation goes away', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await Stage.open('over HTTP')
  })
  afterEach(() => stage?.close())

  it('the book flows on without its analyst, one coded error for each event, and is whole again when it returns', async () => {
    const reading = new Reading(stage.client(), BOOK)
    await until(() => reading.answers.length === 1, 'the snapshot')
    const port = await stage.stopSubgraph('analyst')
    for (let i = 0; i < 10; i++) stage.exchange.step()
    await until(() => reading.answers.length === 11, 'ten steps')
    expect(
      reading
        .field<Step>('book')
        .slice(1)
        .map((step) => step?.market?.forecast),
    ).toEqual(Array(10).fill(null))
    expect(reading.codes.slice(1)).toEqual(Array(10).fill(['SUBGRAPH_UNAVAILABLE']))
    await stage.startSubgraph('analyst', port)
    await until(() => {
      stage.exchange.step()
      return reading.field<Step>('book').at(-1)?.market?.forecast === 0.5
    }, 'the forecast returns')
    const sequences = reading.field<Step>('book').map((step) => step?.sequence ?? -1)
    expect(sequences).toEqual(sequences.map((_, i) => (sequences[0] ?? 0) + i))
  })

  it('its owner restarts: a DELTA goes on from a fresh snapshot, a STATE with the next event', async () => {
    const book = new Reading(stage.client(), BOOK)
    const ticker = new Reading(stage.client(), 'subscription { ticker(symbol: "A") { price } }')
    await until(() => book.answers.length === 1 && stage.exchange.prices.readerCount === 1, 'both streams')
    stage.exchange.prices.push(1)
    await until(() => ticker.answers.length === 1, 'a price')
    const port = await stage.stopSubgraph('exchange')
    stage.exchange.sequence = 100
    await stage.startSubgraph('exchange', port)
    await until(() => book.answers.length === 2 && stage.exchange.prices.readerCount === 1, 'both streams again')
    expect(book.field<Step>('book')[1]).toMatchObject({ kind: 'SNAPSHOT', sequence: 100, previousSequence: null })
    stage.exchange.prices.push(2)
    await until(() => ticker.answers.length === 2, 'the next price')
    expect([book.ending, ticker.ending]).toEqual([null, null])
  })

  it('its owner stops: a LOG ends, since what it would miss never comes', async () => {
    const fills = new Reading(stage.client(`Bearer ${stage.issuer.token()}`), 'subscription { fills { number } }')
    await until(() => stage.exchange.fills.readerCount === 1, 'the stream')
    stage.exchange.fills.push(1)
    await until(() => fills.answers.length === 1, 'a fill')
    await stage.stopSubgraph('exchange')
    await until(() => fills.ending !== null, 'the end')
    expect(fills.ending).toMatchObject({ kind: 'ERROR', codes: ['SUBSCRIPTION_CONNECTION_LOST'] })
  })

  it('a subscription to a subgraph that is not there is refused', async () => {
    await stage.stopSubgraph('exchange')
    const reading = new Reading(stage.client(), BOOK)
    await until(() => reading.ending !== null, 'the refusal')
    expect(reading.ending).toMatchObject({ kind: 'ERROR', codes: ['SUBGRAPH_UNAVAILABLE'] })
  })

  it("a query loses that subgraph's fields only, and readiness says so", async () => {
    await stage.stopSubgraph('analyst')
    const { status, body } = await stage.query('{ market(symbol: "A") { lot forecast } }')
    expect(status).toBe(200)
    expect(body).toEqual({
      data: { market: { lot: 5, forecast: null } },
      errors: [
        {
          message: 'The subgraph analyst is not available.',
          path: ['market'],
          extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: 'analyst' },
        },
      ],
    })
    const ready = await fetch(new URL('/health/ready', stage.gateway.url))
    expect(ready.status).toBe(200)
    expect(await ready.json()).toEqual({
      status: 'degraded',
      subgraphs: { exchange: 'ready', analyst: 'unavailable', enterprise: 'ready' },
    })
  })

  it('an API key is answered 503 while nobody can tell what it is worth', async () => {
    await stage.stopSubgraph('enterprise')
    const { status, body } = await stage.query('{ __typename }', { authorization: 'ApiKey opk_any' })
    expect(status).toBe(503)
    expect(body.errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: 'enterprise' } }])
    const closed = new Promise((resolve) => {
      const client = stage.client('ApiKey opk_any')
      client.on('closed', resolve)
      client.subscribe({ query: '{ __typename }' }, { next: () => {}, error: () => {}, complete: () => {} })
    })
    expect(await closed).toMatchObject({ code: 1013, reason: expect.stringContaining('SUBGRAPH_UNAVAILABLE') })
  })
})

describe('when the gateway stops', () => {
  it('live operations end with SERVER_SHUTDOWN, requests in hand are answered, and nothing new is taken', async () => {
    const stage = await Stage.open('in process')
    try {
      const reading = new Reading(stage.client(), BOOK)
      await until(() => reading.answers.length === 1, 'the snapshot')
      stage.analyst.behaviour = 'hangs'
      const inHand = stage.query('{ slow }')
      await new Promise((resolve) => setTimeout(resolve, 100))
      const stopped = stage.gateway.stop()
      await until(() => reading.ending !== null, 'the end')
      expect(reading.ending).toMatchObject({ kind: 'ERROR', codes: ['SERVER_SHUTDOWN'] })
      stage.analyst.behaviour = 'answers'
      expect((await inHand).body).toEqual({ data: { slow: null } })
      await stopped
      await expect(stage.query('{ __typename }')).rejects.toThrow()
      expect(stage.exchange.steps.readerCount).toBe(0)
    } finally {
      await stage.close()
    }
  })
})
