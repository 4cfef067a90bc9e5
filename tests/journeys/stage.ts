import { demoApiKeys, demoUsers } from '@opsource/enterprise'
import { startPlatform as startInOneProcess } from '@opsource/standalone'
import { Client } from 'pg'
import { pino } from 'pino'
import { z } from 'zod'
import { emptyDatabase } from '../support/database.ts'
import { Trader } from './venue.ts'
import { type Answer, Visitor } from './visitor.ts'

export type Mode = 'standalone'
export const platformModes: readonly Mode[] = ['standalone']
export type DomainName = 'dash33' | 'anya' | 'enterprise' | 'mobile'

/** A whole platform on an empty database, with the demo's users and without the market in a box. */
export interface Platform {
  readonly graphqlUrl: string
  readonly marketKeys: { readonly maker: string; readonly taker: string; readonly operator: string }
  /** @returns the `authorization` header of the demo's operator, logged in anew. */
  operator(): Promise<string>
  /** Asks a subgraph past the gateway, as whoever has reached its port. */
  askDirectly(
    domain: DomainName,
    query: string,
    authorization: string | null,
    variables?: Readonly<Record<string, unknown>>,
  ): Promise<Pick<Answer, 'text'>>
  /** The key that signs access tokens, as the database has it. */
  signingKey(): Promise<{ kid: string; privateKey: string }>
  stopDomain(domain: DomainName): Promise<void>
  /** Null where a domain cannot come back without its process. */
  readonly startDomain: ((domain: DomainName) => Promise<void>) | null
  stop(): Promise<void>
}

const keySchema = z.object({ kid: z.string(), private_key: z.string() })

export async function startPlatform(_mode: Mode): Promise<Platform> {
  const database = await emptyDatabase()
  const log = pino({ level: 'silent' })
  const platform = await startInOneProcess({ adminUrl: database.adminUrl, host: '127.0.0.1', port: 0, demo: true, log })
  const graphqlUrl = platform.gateway.url
  return {
    graphqlUrl,
    marketKeys: {
      maker: demoApiKeys.marketMaker,
      taker: demoApiKeys.marketTaker,
      operator: demoApiKeys.marketOperator,
    },
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
    signingKey: async () => {
      const client = new Client(database.adminUrl)
      await client.connect()
      const { rows } = await client.query(
        'SELECT kid, private_key FROM enterprise.signing_key WHERE retired_at IS NULL',
      )
      await client.end()
      const { kid, private_key } = keySchema.parse(rows[0])
      return { kid, privateKey: private_key }
    },
    stopDomain: (domain) => platform.stopSubgraph(domain),
    startDomain: null,
    stop: async () => {
      await platform.stop()
      await database.drop()
    },
  }
}
