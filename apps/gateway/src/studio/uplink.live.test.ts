import { readFile } from 'node:fs/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApolloStudio } from '../../../../tests/support/apollo-studio.ts'
import type { SupergraphSource } from '../supergraph/source.ts'
import { Stage } from '../testing/stage.ts'
import { uplinkSource } from './uplink.ts'

const ACCOUNT = { key: 'service:opsource:secret', graphRef: 'opsource@current' }
const PATIENCE = { timeout: 40_000, interval: 50 }

let stage: Stage
let studio: ApolloStudio
let sources: (() => void)[] = []
beforeAll(async () => {
  stage = await Stage.open('in process')
  studio = await ApolloStudio.open(ACCOUNT, await readFile(stage.supergraphPath, 'utf8'))
})
afterAll(async () => {
  for (const end of sources) end()
  sources = []
  await studio?.close()
  await stage?.close()
})

function source(account = ACCOUNT): SupergraphSource {
  return uplinkSource({ ...account, endpoints: [`${studio.url}/uplink`], log: pino({ level: 'silent' }) })
}

test('the graph that was launched last is in use, also where it is launched later', async () => {
  const uplink = source()
  const changes: string[] = []
  sources.push(uplink.watch(() => void uplink.read().then((sdl) => changes.push(sdl))))
  expect(await uplink.read()).toBe(await readFile(stage.supergraphPath, 'utf8'))
  await stage.composeWith('extend type Query { launched: Int @public }')
  const next = await readFile(stage.supergraphPath, 'utf8')
  studio.launch(next)
  await expect.poll(() => changes, PATIENCE).toEqual([next])
  const asked = studio.asked
  await expect.poll(() => studio.asked, PATIENCE).toBeGreaterThan(asked + 1)
  expect(changes).toHaveLength(1)
})

test('a key that is not the graph’s is refused, and said', async () => {
  await expect(source({ ...ACCOUNT, key: 'wrong' }).read()).rejects.toThrow('AUTHENTICATION_FAILED')
}, 30_000)
