import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Reach, Stage } from '../testing/stage.ts'

const readsSchema = z.object({ data: z.record(z.string(), z.object({ reads: z.number() })) })

describe.each<Reach>(['in process', 'over HTTP'])('answers that may be kept, with subgraphs %s', (reach) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open(reach)
  })
  afterAll(() => stage?.close())

  async function ask(query: string, headers: Record<string, string> = {}, variables: object = {}) {
    const response = await fetch(stage.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    })
    const text = await response.text()
    return { response, text, cache: response.headers.get('x-cache') }
  }
  const readsOf = (text: string) => Object.values(readsSchema.parse(JSON.parse(text)).data)[0]?.reads
  const token = (userId: string) => ({ authorization: `Bearer ${stage.issuer.token({ userId })}` })

  test('are given again, and say how old they are and how long they are good', async () => {
    const query = 'query ($of: Int) { rules(of: $of) { reads } }'
    const variables = { of: 1 }
    expect((await ask(query, {}, variables)).cache).toBeNull()
    const missed = await ask(query, {}, variables)
    const hit = await ask(query, {}, variables)
    expect([missed.cache, hit.cache]).toEqual(['MISS', 'HIT'])
    expect(hit.text).toBe(missed.text)
    expect(Number(hit.response.headers.get('age'))).toBeLessThan(10)
    expect(hit.response.headers.get('cache-control')).toMatch(/^max-age=(5\d|60), public$/)
    expect(hit.response.headers.get('content-type')).toBe(missed.response.headers.get('content-type'))
    expect((await ask(query, {}, { of: 2 })).cache).toBe('MISS')
    const standard = await ask(query, { accept: 'application/graphql-response+json' }, variables)
    expect(standard.response.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8')
  })

  test('are a caller’s own where a rule of access stands beside them, and nobody’s without a token', async () => {
    const query = '{ limits { owner reads } }'
    await ask(query, token('usr_1'))
    const mine = await ask(query, token('usr_1'))
    expect(mine.response.headers.get('cache-control')).toMatch(/private$/)
    expect((await ask(query, token('usr_1'))).text).toBe(mine.text)
    const other = await ask(query, token('usr_2'))
    expect(other.cache).toBe('MISS')
    expect(other.text).toContain('usr_2')
    const nobody = await ask(query)
    expect(nobody.cache).toBeNull()
    expect(nobody.text).toContain('UNAUTHENTICATED')
  })

  test('are read anew by whoever changed something', async () => {
    const query = '{ changed: rules { reads } }'
    await ask(query)
    const before = readsOf((await ask(query)).text)
    await ask('mutation { place(price: 1) }', token('usr_1'))
    expect((await ask(query, token('usr_2'))).cache).toBe('HIT')
    const after = await ask(query, token('usr_1'))
    expect(after.cache).toBe('MISS')
    expect(readsOf(after.text)).toBeGreaterThan(before ?? 0)
    expect((await ask(query, token('usr_1'))).cache).toBe('HIT')
  })

  test('cost one execution where many ask at once', async () => {
    const query = '{ crowd: rules { reads } }'
    await ask(query, {}, { warm: 1 })
    const before = stage.exchange.reads
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(query)))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(stage.exchange.reads - before).toBe(1)
  })

  test('are not kept with a text of their own kind: mutations, errors, and other forms of request', async () => {
    for (const query of ['mutation { place(price: 2) }', '{ rules { reads nothing } }']) {
      await ask(query)
      expect((await ask(query)).cache).toBeNull()
    }
    const query = '{ rules { reads } }'
    await ask(query)
    const url = `${stage.gateway.url}?query=${encodeURIComponent(query)}`
    const got = await fetch(url, { headers: { 'apollo-require-preflight': '1' } })
    expect(got.headers.get('x-cache')).toBeNull()
  })
})
