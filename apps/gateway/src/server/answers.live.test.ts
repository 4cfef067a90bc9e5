import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Reach, Stage } from '../testing/stage.ts'

interface Asked {
  readonly query: string
  readonly variables?: object
  readonly operationName?: string
}

/** What is asked, and with which status it is answered. */
const operations: [string, number, Asked][] = [
  [
    'a query',
    200,
    { query: 'query Named($s: String!) { market(symbol: $s) { symbol forecast } }', variables: { s: 'A' } },
  ],
  [
    'one of two operations',
    200,
    { query: 'query A { markets { symbol } } query B { markets { lot } }', operationName: 'B' },
  ],
  ['introspection', 200, { query: '{ __schema { queryType { name } } }' }],
  ['a query that fails in part', 200, { query: '{ market(symbol: "A") { symbol broken } }' }],
  ['what the caller may not see', 200, { query: '{ market(symbol: "A") { symbol secret } account { owner } }' }],
  [
    'an operation that is not named, of two',
    400,
    { query: 'query A { markets { symbol } } query B { markets { lot } }' },
  ],
  [
    'a variable of the wrong type',
    400,
    { query: 'query ($s: String!) { market(symbol: $s) { lot } }', variables: { s: {} } },
  ],
  [
    'what costs too much',
    400,
    { query: 'query ($n: Int) { listed(first: $n) { symbol } }', variables: { n: 100_000 } },
  ],
]
const ACCEPTED = ['*/*', 'application/json', 'application/graphql-response+json', 'text/plain']

describe.each<Reach>(['in process', 'over HTTP'])('an operation that comes again, with subgraphs %s,', (reach) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open(reach)
  })
  afterAll(() => stage?.close())

  /** All of an answer that is not another one's each time, and what the log says of it. */
  async function answerTo(asked: Asked, accept: string) {
    const lines = stage.log.length
    const response = await fetch(stage.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(asked),
    })
    const { date: _, 'x-request-id': id, ...headers } = Object.fromEntries(response.headers)
    expect(id).toMatch(/^[\w-]+$/)
    const logged = stage.log.slice(lines).map((line) => JSON.parse(line))
    const line = logged.map(({ msg, type, operation, codes, userId }) => ({ msg, type, operation, codes, userId }))
    return { status: response.status, headers, body: await response.text(), line }
  }

  it.each(operations)('is answered byte for byte as the first time: %s', async (_, status, asked) => {
    for (const accept of ACCEPTED) {
      const answers = []
      for (let time = 0; time < 3; time++) answers.push(await answerTo(asked, accept))
      expect(answers[1]).toEqual(answers[0])
      expect(answers[2]).toEqual(answers[0])
      expect(answers[0]?.status).toBe(accept === 'text/plain' ? 406 : status)
    }
  })

  it('happens once each time, where it is a mutation', async () => {
    const placed = async () =>
      JSON.parse((await answerTo({ query: 'mutation { place(price: 3) }' }, '*/*')).body).data.place
    const first = await placed()
    expect([await placed(), await placed()]).toEqual([first + 1, first + 2])
  })

  it('tells what came of a mutation, also where the graph has it no more by then', async () => {
    const asked = { query: 'mutation { lost: place(price: 4) }' }
    const answers: unknown[] = []
    const { placed } = stage.exchange
    for (let time = 0; time < 2; time++) expect((await answerTo(asked, '*/*')).body).toMatch(/^{"data":{"lost":\d+}/)
    const failing = (before: () => Promise<void>) => ({
      push: async () => {
        await before()
        throw new Error('it went wrong half-way')
      },
    })
    Object.assign(stage.exchange, { placed: failing(async () => {}) })
    answers.push(await answerTo(asked, '*/*'))
    const changed = async () => {
      await stage.composeWith('', (sdl) => sdl.replace('place(price: Int!)', 'placeAnother(price: Int!)'))
      await stage.gateway.reload()
    }
    Object.assign(stage.exchange, { placed: failing(changed) })
    const { body, line, ...rest } = await answerTo(asked, '*/*')
    const ofIt = line.filter(({ msg }) => msg !== 'another supergraph is in use')
    Object.assign(stage.exchange, { placed })
    await stage.composeWith('')
    await stage.gateway.reload()
    expect(body).toContain('"data":{"lost":null}')
    expect({ body, line: ofIt, ...rest }).toEqual(answers[0])
  })

  it('is refused where the graph has it no more', async () => {
    const asked = { query: '{ added: fresh }' }
    await stage.composeWith('extend type Query { fresh: Int @public }')
    await stage.gateway.reload()
    for (let time = 0; time < 3; time++) expect((await answerTo(asked, '*/*')).status).toBe(200)
    await stage.composeWith('')
    await stage.gateway.reload()
    const { status, body } = await answerTo(asked, '*/*')
    expect([status, body]).toEqual([400, expect.stringContaining('GRAPHQL_VALIDATION_FAILED')])
  })
})
