import { rabbitMissing } from '../support/rabbitmq.ts'
import { redisMissing } from '../support/redis.ts'
import { startServices } from './services-stage.ts'
import { startStandalone } from './standalone-stage.ts'
import type { Answer } from './visitor.ts'

export type Mode = 'standalone' | 'services'
export type DomainName = 'dash33' | 'anya' | 'enterprise' | 'mobile'

/** Without the servers the services cannot run; where they are demanded, as in CI, that is a failure and not an omission. */
const withServices = process.env.OPSOURCE_REQUIRE_SERVERS === '1' || (redisMissing === null && rabbitMissing === null)
export const platformModes: readonly Mode[] = withServices ? ['standalone', 'services'] : ['standalone']

/** A whole platform on an empty database, without the market in a box. */
export interface Platform {
  readonly graphqlUrl: string
  readonly marketKeys: { readonly maker: string; readonly taker: string; readonly operator: string }
  /** @returns the `authorization` header of an operator, logged in anew. */
  operator(): Promise<string>
  /** Asks a subgraph past the gateway, as whoever has reached it. */
  askDirectly(
    domain: DomainName,
    query: string,
    authorization: string | null,
    variables?: Readonly<Record<string, unknown>>,
  ): Promise<Pick<Answer, 'text'>>
  /** The key that signs access tokens, as the database has it. */
  signingKey(): Promise<{ readonly kid: string; readonly privateKey: string }>
  /** In one process it stops tidily, as a process it is killed. */
  stopDomain(domain: DomainName): Promise<void>
  /** Null where a domain cannot come back without its process. */
  readonly startDomain: ((domain: DomainName) => Promise<void>) | null
  stop(): Promise<void>
}

export const startPlatform = (mode: Mode): Promise<Platform> =>
  mode === 'standalone' ? startStandalone() : startServices()
