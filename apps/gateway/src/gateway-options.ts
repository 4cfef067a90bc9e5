import type { Transport } from '@opsource/bus'
import type { Cache } from '@opsource/cache'
import type { TokenVerifier } from '@opsource/identity'
import type { Clock } from '@opsource/kernel'
import type { Subgraph } from '@opsource/subgraph'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Policies } from './authorize/rules.ts'
import type { ClientClass } from './operations/client-class.ts'
import type { Manifest } from './operations/manifest.ts'
import type { OperationLines } from './server/request-log.ts'
import type { Studio } from './studio/usage.ts'
import type { SupergraphSource } from './supergraph/source.ts'

/** What the gateway is told when it starts. It reads no environment. */
export interface GatewayOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Each subgraph of the supergraph by name: a running domain of this process, or the URL of its GraphQL endpoint. */
  readonly upstreams: Readonly<Record<string, Subgraph | string>>
  readonly verifier: TokenVerifier
  /** What several gateways share: it may be lost, and then the gateway is slower, never wrong. */
  readonly cache: Cache
  /** Brings the domain events that make kept answers old. */
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Logger
  /** Where the line of each operation goes; to `log` by default. */
  readonly operationLines?: OperationLines
  /** `/metrics` serves all that is registered here. */
  readonly metrics: Registry
  /** Where the composed supergraph comes from; the repository's own file by default. */
  readonly supergraph?: SupergraphSource
  /**
   * What `@policy` may name beside the roles (`role:ADMIN`); none by default, and a policy that is not here lets nobody in. Our own
   * subgraphs verify the roles again, and refuse what they do not know: these are for subgraphs of others.
   */
  readonly policies?: Policies
  /** All rates that callers are held to are multiplied by this: more than 1 for load tests. */
  readonly rateScale?: number
  /** Proxies whose `X-Forwarded-For` is believed: addresses, or networks such as `10.0.0.0/8`. None by default. */
  readonly trustedProxies?: readonly string[]
  /** Operations that clients' builds have registered; none by default. */
  readonly manifest?: Manifest
  /** Who may run only what the manifest lists; nobody by default. */
  readonly safelisted?: readonly ClientClass[]
  /** The account at Apollo Studio that hears of operations; none by default, and then nothing dials out. */
  readonly studio?: Studio
  /** Whether the schema may be asked for, and errors may suggest names from it; so by default. */
  readonly introspection?: boolean
  /** A folder of `*.graphql` operations that the explorer opens as tabs; the repository's walkthrough by default. */
  readonly operationsPath?: string
  /** How long a live event waits for what joins it, in milliseconds; 300 by default. */
  readonly liveJoinMs?: number
  /** Of one answer of a subgraph behind a URL, and of one event of a subscription to it; 32 MB by default. */
  readonly maxAnswerBytes?: number
  /** Browsers on other origins that may call; none by default, and the explorer needs none. */
  readonly allowedOrigins?: readonly string[]
}

/** A running gateway. */
export interface Gateway {
  /** `http://host:port/graphql`, over HTTP and as `ws:` for graphql-transport-ws. */
  readonly url: string
  readonly explorerUrl: string
  readonly port: number
  /** The state of each subgraph by name; `null` where it is ready, else why it is not. */
  readiness(): Promise<Readonly<Record<string, string | null>>>
  /** Reads the supergraph again, as happens by itself when it changes. Rejects, keeping the graph in use, where there is none that can be served. */
  reload(): Promise<void>
  /** Takes no more, ends live subscriptions with `SERVER_SHUTDOWN`, finishes requests in hand, lets go of everything. Does not stop the subgraphs. */
  stop(): Promise<void>
}
