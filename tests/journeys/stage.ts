import { describe } from 'vitest'
import { rabbitMissing } from '../support/rabbitmq.ts'
import { redisMissing } from '../support/redis.ts'
import { startServices } from './services-stage.ts'
import { startStandalone } from './standalone-stage.ts'
import type { Answer } from './visitor.ts'

export type Mode = 'standalone' | 'services'
export type DomainName = 'dash33' | 'anya' | 'enterprise' | 'mobile'

/** Why there can be no services here; where they are demanded, as in CI, that is a failure and not an omission. */
export const servicesMissing = process.env.OPSOURCE_REQUIRE_SERVERS === '1' ? null : (redisMissing ?? rabbitMissing)

/** The same tests on one process and on five; those that cannot run are left out by name. */
export function describePlatforms(tests: (mode: Mode) => void): void {
  describe('on the standalone platform', () => tests('standalone'))
  const reason = servicesMissing === null ? '' : ` (left out: ${servicesMissing})`
  describe.skipIf(servicesMissing !== null)(`on the services platform${reason}`, () => tests('services'))
}

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
