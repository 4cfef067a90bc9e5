import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Stage } from '../testing/stage.ts'
import { composingSource } from './composing-source.ts'

const PATIENCE = { timeout: 40_000, interval: 50 }

describe('a gateway whose supergraph is a file', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open('in process')
  })
  afterAll(() => stage?.close())

  const knows = async (field: string) => {
    const { body } = await stage.query(`{ __type(name: "Query") { fields { name } } }`)
    return body.data.__type.fields.some(({ name }: { name: string }) => name === field)
  }

  test('serves a changed one by itself', async () => {
    expect(await knows('added')).toBe(false)
    await stage.composeWith('extend type Query { added: String @public }')
    await expect.poll(() => knows('added'), PATIENCE).toBe(true)
  })

  test('keeps the last good one where the new one is broken, and says so', async () => {
    await writeFile(stage.supergraphPath, 'type Query {')
    await expect.poll(() => stage.log.some((line) => line.includes('the one before stays')), PATIENCE).toBe(true)
    expect(await knows('added')).toBe(true)
    await expect(stage.gateway.reload()).rejects.toThrow()
    const metrics = await fetch(stage.gateway.url.replace('/graphql', '/metrics')).then((response) => response.text())
    expect(metrics).toMatch(/gateway_supergraph_loads_total\{outcome="refused"\} [1-9]/)
    expect(metrics).toMatch(/gateway_supergraph_loads_total\{outcome="taken"\} 1/)
  })

  test('takes up the next good one', async () => {
    await stage.composeWith('extend type Query { mended: String @public }')
    await expect.poll(() => knows('mended'), PATIENCE).toBe(true)
    expect(await knows('added')).toBe(false)
  })
})

describe('a supergraph that is composed while its subgraphs are written', () => {
  const HEAD = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n'
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'composing-test-'))
    const subgraph = (name: string) =>
      `  ${name}: { routing_url: "http://${name}/", schema: { file: ${name}.graphql } }`
    await writeFile(path.join(folder, 'supergraph.yaml'), `subgraphs:\n${['a', 'b'].map(subgraph).join('\n')}\n`)
    await writeFile(
      path.join(folder, 'a.graphql'),
      `${HEAD}type Query { a: Thing } type Thing @key(fields: "id") { id: ID! }`,
    )
    await writeFile(path.join(folder, 'b.graphql'), `${HEAD}type Thing @key(fields: "id") { id: ID! size: Int }`)
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('follows what is written, names what does not compose, and goes on when it does again', async () => {
    const source = composingSource(path.join(folder, 'supergraph.yaml'), 50)
    expect(await source.read()).toContain('size: Int')
    let news = 0
    const unwatch = source.watch(() => news++)
    await writeFile(
      path.join(folder, 'b.graphql'),
      `${HEAD}type Thing @key(fields: "id") { id: ID! size: Int weight: Int }`,
    )
    await expect.poll(() => news, PATIENCE).toBe(1)
    expect(await source.read()).toContain('weight: Int')

    await writeFile(path.join(folder, 'b.graphql'), `${HEAD}type Thing @key(fields: "nothing") { id: ID! }`)
    await expect.poll(() => news, PATIENCE).toBe(2)
    await expect(source.read()).rejects.toThrow(/KEY_INVALID_FIELDS/)

    await writeFile(path.join(folder, 'b.graphql'), `${HEAD}type Thing @key(fields: "id") { id: ID! colour: String }`)
    await expect.poll(() => news, PATIENCE).toBe(3)
    expect(await source.read()).toContain('colour: String')
    unwatch()
  })
})
