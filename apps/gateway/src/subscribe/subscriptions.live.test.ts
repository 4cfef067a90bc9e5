import type { Client } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../limits/limits.ts'
import { Reading, until } from '../testing/reading.ts'
import { LIVE_JOIN_MS, type Reach, Stage } from '../testing/stage.ts'

const BOOK =
  'subscription ($s: String = "A") { book(symbol: $s) { kind sequence previousSequence market { symbol forecast } } }'
const TICKER = 'subscription { ticker(symbol: "A") { price market { forecast } } }'

interface Step {
  kind: string
  sequence: number
  previousSequence: number | null
  market: { symbol: string; forecast: number | null } | null
}

describe.each<Reach>(['in process', 'over HTTP'])('live operations on subgraphs %s', (reach) => {
  let stage: Stage
  const clients: Client[] = []
  const connect = (authorization?: string) => {
    const client = stage.client(authorization)
    clients.push(client)
    return client
  }
  const read = (query: string, variables: Record<string, unknown> = {}, authorization?: string) =>
    new Reading(connect(authorization), query, variables)
  const bearer = (options = {}) => `Bearer ${stage.issuer.token(options)}`
  const sources = () => [stage.exchange.steps, stage.exchange.prices, stage.exchange.fills]
  const joined = (text: string) => `subscription { book(symbol: "A") { ${text} } }`

  beforeAll(async () => {
    stage = await Stage.open(reach)
  })
  afterEach(async () => {
    stage.analyst.behaviour = 'answers'
    await Promise.all(clients.splice(0).map((client) => client.dispose()))
    await until(
      () => sources().every(({ readerCount }) => readerCount === 0),
      'no subscription is left at the exchange',
    )
  })
  afterAll(() => stage?.close())

  it('join each event with what another subgraph adds to it', async () => {
    const reading = read(BOOK)
    await until(() => reading.answers.length === 1, 'the snapshot')
    stage.exchange.step()
    await until(() => reading.answers.length === 2, 'a step')
    const [snapshot, step] = reading.field<Step>('book')
    expect(snapshot).toMatchObject({ kind: 'SNAPSHOT', previousSequence: null, market: { symbol: 'A', forecast: 0.5 } })
    expect(step).toEqual({
      kind: 'DELTA',
      sequence: snapshot!.sequence + 1,
      previousSequence: snapshot!.sequence,
      market: { symbol: 'A', forecast: 0.5 },
    })
    expect(reading.codes).toEqual([[], []])
  })

  it('serve fields of the owner alone without asking anyone else', async () => {
    const asked = stage.analyst.asked
    const reading = read('subscription { book(symbol: "A") { sequence market { lot } } }')
    await until(() => reading.answers.length === 1, 'the snapshot')
    expect(reading.field('book')).toEqual([{ sequence: stage.exchange.sequence, market: { lot: 5 } }])
    expect(stage.analyst.asked).toBe(asked)
  })

  it('ask for everything that joins the list of an event in one request', async () => {
    const { asked, requests } = stage.analyst
    const reading = read(joined('markets { forecast }'))
    await until(() => reading.answers.length === 1, 'the snapshot')
    stage.exchange.step()
    await until(() => reading.answers.length === 2, 'a step')
    expect([stage.analyst.asked - asked, stage.analyst.requests - requests]).toEqual([4, 2])
  })

  it('keep aliases, fragments, variables and __typename', async () => {
    const query = `subscription Named($s: String!, $d: Int) { steps: book(symbol: $s, depth: $d) { __typename ...P m: market { f: forecast ... on Market { code: symbol } } } }
      fragment P on BookStep { levels: depth }`
    const reading = read(query, { s: 'B', d: 7 })
    await until(() => reading.answers.length === 1, 'the snapshot')
    expect(reading.answers[0]).toEqual({
      data: { steps: { __typename: 'BookStep', levels: 7, m: { f: 0.5, code: 'B' } } },
    })
  })

  it('follow @include and @skip below the root', async () => {
    const query =
      'subscription ($yes: Boolean!) { book(symbol: "A") { depth @skip(if: $yes) market { symbol forecast @include(if: $yes) } } }'
    const [with_, without] = [read(query, { yes: true }), read(query, { yes: false })]
    await until(() => with_.answers.length === 1 && without.answers.length === 1, 'both snapshots')
    expect(with_.answers[0]?.data).toEqual({ book: { market: { symbol: 'A', forecast: 0.5 } } })
    expect(without.answers[0]?.data).toEqual({ book: { depth: 2, market: { symbol: 'A' } } })
  })

  it('bring the analyst what it needs from the owner', async () => {
    const reading = read(joined('market { doubleLot } markets { symbol forecast }'))
    await until(() => reading.answers.length === 1, 'the snapshot')
    const markets = ['A', 'B'].map((symbol) => ({ symbol, forecast: 0.5 }))
    expect(reading.answers[0]?.data).toEqual({ book: { market: { doubleLot: 10 }, markets } })
  })

  it('keep an event flowing where a joined field fails, with its error in its place', async () => {
    const reading = read(joined('sequence market { broken }'))
    await until(() => reading.answers.length === 1, 'the snapshot')
    expect(reading.answers[0]).toEqual({
      data: { book: { sequence: stage.exchange.sequence, market: { broken: null } } },
      errors: [
        {
          message: expect.any(String),
          path: ['book', 'market', 'broken'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', service: 'analyst' },
        },
      ],
    })
  })

  it('null an event whose required field is missing, say so, and go on', async () => {
    const reading = read(joined('must'))
    await until(() => reading.answers.length === 1, 'the snapshot')
    stage.exchange.step(null)
    stage.exchange.step()
    await until(() => reading.answers.length === 3, 'two steps')
    expect(reading.field('book')).toEqual([{ must: 1 }, null, { must: 1 }])
    expect(reading.codes).toEqual([[], ['INTERNAL_SERVER_ERROR'], []])
  })

  it.each([
    ['a syntax error', 'subscription { book(', {}, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { book(symbol: "A") { nothing } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'an inaccessible field',
      'subscription { book(symbol: "A") { market { hidden } } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'two root fields',
      'subscription { book(symbol: "A") { depth } ticker(symbol: "A") { price } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a conditional root',
      'subscription ($k: Boolean!) { book(symbol: "A") @include(if: $k) { depth } }',
      { k: true },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a conditional root fragment',
      'subscription ($k: Boolean!) { ... @skip(if: $k) { book(symbol: "A") { depth } } }',
      { k: false },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['introspection at the root', 'subscription { __typename }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['a missing variable', 'subscription ($s: String!) { book(symbol: $s) { depth } }', {}, 'BAD_USER_INPUT'],
    ['a wrong variable', 'subscription ($s: String!) { book(symbol: $s) { depth } }', { s: 3 }, 'BAD_USER_INPUT'],
    [
      'too deep an operation',
      `subscription { ${'a { '.repeat(limits.depth)}b${' }'.repeat(limits.depth)} }`,
      {},
      'QUERY_TOO_DEEP',
    ],
    ['too long an operation', `{ ${'a '.repeat(limits.tokens)} }`, {}, 'QUERY_TOO_COMPLEX'],
  ])('answer %s with one error and keep the socket', async (_, query, variables, code) => {
    const client = connect()
    const reading = new Reading(client, query, variables)
    await until(() => reading.ending !== null, 'the refusal')
    expect(reading.ending).toMatchObject({ kind: 'ERROR', codes: [code] })
    expect(reading.answers).toEqual([])
    const next = new Reading(client, '{ market(symbol: "A") { symbol } }')
    await until(() => next.ending !== null, 'a query on the same socket')
    expect(next.answers).toEqual([{ data: { market: { symbol: 'A' } } }])
  })

  it('carry queries and mutations over the socket as over HTTP', async () => {
    const client = connect(bearer())
    const [query, mutation, wrong] = [
      new Reading(client, '{ account { owner } }'),
      new Reading(client, 'mutation { place(price: 3) }'),
      new Reading(client, '{ nothing }'),
    ]
    await until(() => [query, mutation, wrong].every(({ ending }) => ending !== null), 'three answers')
    expect(query.answers).toEqual([{ data: { account: { owner: 'usr_1' } } }])
    expect(mutation.answers[0]?.data?.place).toBeGreaterThan(0)
    expect(wrong.codes).toEqual([['GRAPHQL_VALIDATION_FAILED']])
  })

  it('give every event of a stream that ends, in order, and end it', async () => {
    const reading = read('subscription { count(to: 50) { value market { forecast } } }')
    await until(() => reading.ending !== null, 'the end')
    expect(reading.ending).toEqual({ kind: 'COMPLETE' })
    expect(reading.field<{ value: number }>('count').map((count) => count?.value)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    )
  })

  it('share one upstream among readers of a STATE, and give a late one the newest', async () => {
    const opened = stage.exchange.prices.opened
    const early = [read(TICKER), read(TICKER, {}, bearer())]
    await until(() => stage.exchange.prices.readerCount === 1, 'one upstream')
    stage.exchange.prices.push(7)
    await until(() => early.every(({ answers }) => answers.length === 1), 'the price')
    const late = read(TICKER)
    await until(() => late.answers.length === 1, 'the newest price')
    expect(late.answers).toEqual([{ data: { ticker: { price: 7, market: { forecast: 0.5 } } } }])
    expect(stage.exchange.prices.opened - opened).toBe(1)
  })

  it('are counted, with the upstreams that they share and how far their events lag', async () => {
    const readings = [read(BOOK), read(BOOK), read(BOOK)]
    await until(() => readings.every(({ answers }) => answers.length === 1), 'the snapshots')
    const shown = await (await fetch(new URL('/metrics', stage.gateway.url))).text()
    expect(shown).toContain('gateway_live_subscriptions 3\n')
    expect(shown).toContain('gateway_upstream_subscriptions 1\n')
    expect(shown).toMatch(/gateway_fan_out_seconds_count\{kind="DELTA"\} [1-9]/)
  })

  it('do not share what depends on the caller', async () => {
    const query = 'subscription { ticker(symbol: "A") { price market { secret } } }'
    const [known, unknown] = [read(query, {}, bearer()), read(query)]
    await until(() => stage.exchange.prices.readerCount === 2, 'two upstreams')
    stage.exchange.prices.push(1)
    await until(() => known.answers.length === 1 && unknown.answers.length === 1, 'the price')
    expect(known.answers[0]?.data).toEqual({ ticker: { price: 1, market: { secret: 42 } } })
    expect(unknown.answers[0]?.data).toEqual({ ticker: { price: 1, market: { secret: null } } })
    expect(unknown.codes).toEqual([['UNAUTHORIZED_FIELD_OR_TYPE']])
  })

  it('give a late reader of a DELTA a snapshot first, and no step twice', async () => {
    const early = read(BOOK)
    await until(() => early.answers.length === 1, 'the snapshot')
    stage.exchange.step()
    const late = read(BOOK)
    await until(() => late.answers.length === 1, 'the late snapshot')
    stage.exchange.step()
    await until(() => late.answers.length === 2 && early.answers.length === 3, 'the last step')
    expect(late.field<Step>('book').map((step) => [step?.kind, step?.sequence])).toEqual([
      ['SNAPSHOT', stage.exchange.sequence - 1],
      ['DELTA', stage.exchange.sequence],
    ])
  })

  it('forward the token, and refuse a private stream without one', async () => {
    const [mine, nobody] = [
      read('subscription { fills { number } }', {}, bearer()),
      read('subscription { fills { number } }'),
    ]
    await until(() => nobody.ending !== null && stage.exchange.fills.readerCount === 1, 'one reader')
    expect(nobody.ending).toMatchObject({ kind: 'ERROR', codes: ['UNAUTHENTICATED'] })
    stage.exchange.fills.push(1)
    await until(() => mine.answers.length === 1, 'the fill')
    expect(mine.answers).toEqual([{ data: { fills: { number: 1 } } }])
  })

  it('keep the book flowing past an analyst that hangs, with one coded error for each event', async () => {
    stage.analyst.behaviour = 'hangs'
    const reading = read(BOOK)
    await until(() => reading.answers.length === 1, 'the snapshot')
    const startedAt = performance.now()
    for (let i = 0; i < 20; i++) stage.exchange.step()
    await until(() => reading.answers.length === 21, 'all steps', 10_000)
    // Two more events wait in full; then the breaker answers for the analyst.
    expect(performance.now() - startedAt).toBeLessThan(4 * LIVE_JOIN_MS)
    expect(reading.field<Step>('book').every((step) => step?.market?.forecast === null)).toBe(true)
    const expected = {
      message: expect.any(String),
      path: ['book', 'market'],
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: 'analyst' },
    }
    expect(reading.answers.map(({ errors }) => errors)).toEqual(Array(21).fill([expected]))
    stage.analyst.behaviour = 'answers'
    await until(() => {
      stage.exchange.step()
      return reading.field<Step>('book').at(-1)?.market?.forecast === 0.5
    }, 'the forecast returns')
  })

  it('let go of the source when a reader stops or its socket closes', async () => {
    const client = connect()
    const reading = new Reading(client, BOOK)
    await until(() => stage.exchange.steps.readerCount === 1, 'the subscription')
    reading.stop()
    await until(() => stage.exchange.steps.readerCount === 0, 'the end at the source')
    new Reading(client, BOOK)
    await until(() => stage.exchange.steps.readerCount === 1, 'the subscription')
    client.terminate()
    await until(() => stage.exchange.steps.readerCount === 0, 'the end at the source')
  })

  it('refuse a socket whose token does not hold', async () => {
    const reading = read(TICKER, {}, bearer({ lifeMs: -60_000 }))
    await until(() => reading.ending !== null, 'the close')
    expect(reading.ending).toMatchObject({
      kind: 'CLOSED',
      code: 4401,
      reason: expect.stringMatching(/^UNAUTHENTICATED/),
    })
  })

  it('close a socket within 2 s of its token ending', async () => {
    const reading = read(BOOK, {}, bearer({ lifeMs: 1_500 }))
    await until(() => reading.answers.length === 1, 'the snapshot')
    const startedAt = performance.now()
    await until(() => reading.ending !== null, 'the close')
    expect(reading.ending).toMatchObject({ kind: 'CLOSED', code: 4401 })
    expect(performance.now() - startedAt).toBeLessThan(1_500 + 2_000)
  })

  it('close a socket within 2 s of its session being revoked, and no other', async () => {
    const [revoked, other] = [
      read(BOOK, {}, bearer({ sessionId: 'ses_gone' })),
      read(BOOK, {}, bearer({ sessionId: 'ses_stays' })),
    ]
    await until(() => revoked.answers.length === 1 && other.answers.length === 1, 'both snapshots')
    const moment = (ms: number) => new Date(performance.timeOrigin + performance.now() + ms).toISOString()
    const startedAt = performance.now()
    stage.verifier.revoke({ userId: 'usr_1', sessionId: 'ses_gone', revokedAt: moment(0), expiresAt: moment(900_000) })
    await until(() => revoked.ending !== null, 'the close')
    expect(revoked.ending).toMatchObject({ kind: 'CLOSED', code: 4401 })
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    stage.exchange.step()
    await until(() => other.answers.length === 2, 'a step for the other')
  })

  it('bound the operations of one socket', async () => {
    const client = connect()
    const readings = Array.from({ length: limits.operationsPerSocket }, () => new Reading(client, TICKER))
    await until(() => stage.exchange.prices.readerCount === 1, 'the upstream')
    const one = new Reading(client, BOOK)
    await until(() => one.ending !== null, 'the refusal')
    expect(one.ending).toMatchObject({ kind: 'ERROR', codes: ['QUERY_TOO_COMPLEX'] })
    expect(readings.every(({ ending }) => ending === null)).toBe(true)
  })

  it('go on without a gap when the graph changes, on the upstream that they have', async () => {
    const opened = stage.exchange.steps.opened
    const reading = read(BOOK)
    await until(() => reading.answers.length === 1, 'the snapshot')
    await stage.composeWith('\nextend type Query { fresh: Int @public }')
    await stage.gateway.reload()
    stage.exchange.step()
    await until(() => reading.answers.length === 2, 'a step')
    expect(reading.field<Step>('book')[1]).toMatchObject({ kind: 'DELTA', sequence: stage.exchange.sequence })
    expect(stage.exchange.steps.opened - opened).toBe(1)
    const { body } = await stage.query('{ __type(name: "Query") { fields { name } } }')
    expect(body.data.__type.fields.map(({ name }: { name: string }) => name)).toContain('fresh')
  })
})
