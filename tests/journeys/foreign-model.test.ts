import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { demoUsers } from '@opsource/enterprise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { serversAreRequired } from '../support/server-process.ts'
import { runProgram } from './program.ts'
import type { Platform } from './stage.ts'
import { startStandalone } from './standalone-stage.ts'
import { Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const DOCS = path.resolve(import.meta.dirname, '../../docs')
const SCRIPT = path.join(DOCS, 'bring-your-own-model.py')
/** Debian's own first: another Python on the path does not see Debian's packages. */
const PYTHONS = ['/usr/bin/python3', 'python3']
const python = PYTHONS.find((program) => spawnSync(program, ['-c', 'import pandas, torch']).status === 0)
const isMissing = python === undefined && !serversAreRequired
const why = isMissing ? ' (there is no python3 with torch and pandas)' : ''

const run = promisify(execFile)
const uploaded = z.object({
  sha256: z.string(),
  brier: z.number(),
  data: z.object({
    uploadModel: z.object({
      __typename: z.literal('ModelUploaded'),
      isNew: z.boolean(),
      difference: z.number(),
      version: z.object({ version: z.number(), sha256: z.string(), model: z.object({ name: z.string() }) }),
    }),
  }),
})

const ADD_PART = /* GraphQL */ `
  mutation AddPart($input: ModelFilePartInput!) { addModelFilePart(input: $input) { __typename } }
`
const REGISTERED = /* GraphQL */ `
  query Registered {
    model(name: "torch-direction") {
      champion { version }
      versions { version sha256 horizonMs trainedOn features lineage { recipe } signature { input { name shape } output { name shape } } }
    }
  }
`

describe.skipIf(isMissing)(`a model that PyTorch trained on exported features${why}`, () => {
  let platform: Platform
  let folder: string
  let token: string
  const asked = (user: { email: string; password: string }) =>
    Trader.logIn(new Visitor(platform.graphqlUrl), user.email, user.password)
  const train = async (environment: Readonly<Record<string, string>>) => {
    const args = [SCRIPT, path.join(folder, 'features.csv'), platform.graphqlUrl]
    return (await run(python ?? 'python3', args, { env: { PATH: process.env.PATH, ...environment } })).stdout
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'opsource-foreign-'))
    platform = await startStandalone()
    const exported = await runProgram('subgraphs/anya/src/admission/export/main.ts', [])
    expect(exported.code, exported.stderr).toBe(0)
    await writeFile(path.join(folder, 'features.csv'), exported.stdout)
    token = (await asked(demoUsers.analyst)).accessToken
  }, 240_000)
  afterAll(async () => {
    await platform?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('is uploaded through the gateway, agrees with PyTorch to 0.00001, and stands in the registry without serving', {
    timeout: 240_000,
  }, async () => {
    const answer = uploaded.parse(JSON.parse(await train({ OPSOURCE_TOKEN: token })))
    const { difference, version } = answer.data.uploadModel
    expect(difference).toBeLessThanOrEqual(1e-5)
    expect(version).toEqual({ version: 1, sha256: answer.sha256, model: { name: 'torch-direction' } })
    const { data, text } = await new Visitor(platform.graphqlUrl).ask(REGISTERED)
    expect(data, text).toMatchObject({
      model: {
        champion: null,
        versions: [
          {
            version: 1,
            sha256: answer.sha256,
            horizonMs: 10_000,
            trainedOn: ['spot_btcusdt_20240808', 'spot_ethusdt_20240808'],
            features: expect.arrayContaining(['imbalance_1']),
            lineage: { recipe: 'uploaded' },
            signature: { input: { name: 'features', shape: [17] }, output: { name: 'probability', shape: [1] } },
          },
        ],
      },
    })
    const inParts = uploaded.parse(JSON.parse(await train({ OPSOURCE_TOKEN: token, IN_PARTS: '1' })))
    expect(inParts.sha256).toBe(answer.sha256)
    expect(inParts.data.uploadModel).toMatchObject({ isNew: false, version: { version: 1 } })
  })

  test('is not taken from whoever may not train models', async () => {
    const { accessToken } = await asked(demoUsers.trader)
    const part = { sha256: '0'.repeat(64), index: 0, base64: 'AA==' }
    const visitor = new Visitor(platform.graphqlUrl, `Bearer ${accessToken}`)
    expect((await visitor.ask(ADD_PART, { input: part })).codes).toEqual(['FORBIDDEN'])
  })
})

test('the page about models of one’s own shows the steps that are run here', async () => {
  const [page, script] = await Promise.all([
    readFile(path.join(DOCS, 'BRING-YOUR-OWN-MODEL.md'), 'utf8'),
    readFile(SCRIPT, 'utf8'),
  ])
  const shown = [...page.matchAll(/```python\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
  expect(shown.length).toBeGreaterThan(2)
  for (const block of shown) expect(script).toContain(block)
})
