import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { GraphClient } from '../graph/index.ts'
import { Operator } from './operator.ts'

const AWAY = { __typename: 'EngineUnavailable', code: 'OUTCOME_UNKNOWN', message: 'It may have been carried out.' }
const REUSED = { __typename: 'ReferenceReused', code: 'REFERENCE_REUSED', message: 'Another credit has it.' }
const CREDITED = { __typename: 'AccountCredited' }

/** Credits at an exchange that gives these answers, one after the other. @returns how many of them were asked for. */
async function credit(answers: readonly object[]): Promise<number> {
  let asked = 0
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ data: { creditAccount: answers[asked++] } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new GraphClient({
    url: `http://127.0.0.1:${port}/graphql`,
    apiKey: 'opk_operator',
    name: 'operator',
    clock: systemClock,
    signal: new AbortController().signal,
    onAway: () => {},
    onBack: () => {},
  })
  try {
    await new Operator(client).credit('usr_maker', 'USDT', '5', 'run.1')
    return asked
  } finally {
    await client.close()
    server.close()
  }
}

test('a credit is asked for again while the engine is away, because its reference credits once', async () => {
  expect(await credit([AWAY, AWAY, CREDITED])).toBe(3)
})

test('a credit that is refused is not asked for again', async () => {
  await expect(credit([REUSED, CREDITED])).rejects.toThrow('REFERENCE_REUSED')
})
