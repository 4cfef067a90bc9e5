import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stage } from '../testing/stage.ts'

/** https://github.com/graphql/graphql-http: what the GraphQL over HTTP specification asks of a server. */
let stage: Stage
beforeAll(async () => {
  stage = await Stage.open('in process')
})
afterAll(() => stage?.close())

const audits = serverAudits({ url: () => stage.gateway.url })

test.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (name, audit) => {
  const result = await audit.fn()
  // What the specification demands is an error; what it recommends may be declined for a reason.
  if (result.status === 'error') throw new Error(`${name}: ${result.reason}`)
  expect(['ok', 'notice', 'warn']).toContain(result.status)
})
