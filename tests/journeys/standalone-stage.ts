import { demoApiKeys, demoUsers } from '@opsource/enterprise'
import { startPlatform as startInOneProcess } from '@opsource/standalone'
import { pino } from 'pino'
import { platformDatabase } from '../support/database.ts'
import { signingKeyOf } from './signing-key.ts'
import type { Platform } from './stage.ts'
import { Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

/** The platform in this process, with the demo's users, on a database of its own. */
export async function startStandalone(): Promise<Platform> {
  const database = await platformDatabase()
  const log = pino({ level: 'silent' })
  const platform = await startInOneProcess({
    adminUrl: database.adminUrl,
    host: '127.0.0.1',
    port: 0,
    demo: true,
    // Recordings are played as fast as they can be.
    rateScale: 1_000,
    log,
  })
  const graphqlUrl = platform.gateway.url
  const { marketMaker: maker, marketTaker: taker, marketOperator } = demoApiKeys
  return {
    graphqlUrl,
    marketKeys: { maker, taker, operator: marketOperator },
    operator: async () => {
      const { email, password } = demoUsers.operator
      const { accessToken } = await Trader.logIn(new Visitor(graphqlUrl), email, password)
      return `Bearer ${accessToken}`
    },
    askDirectly: async (domain, query, authorization, variables = {}) => {
      const headers = authorization === null ? {} : { authorization }
      const body = JSON.stringify({ query, variables })
      return { text: await platform.subgraphs[domain].execute({ body, headers }) }
    },
    signingKey: () => signingKeyOf(database.adminUrl),
    stopDomain: (domain) => platform.stopSubgraph(domain),
    startDomain: null,
    stop: async () => {
      await platform.stop()
      await database.drop()
    },
  }
}
