import type { Transport } from '@opsource/bus'
import type { Cache } from '@opsource/cache'
import type { Identity, TokenVerifier } from '@opsource/identity'
import type { Clock, IdSource, Random } from '@opsource/kernel'
import type { GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

/** All that a domain sees of the world. Nothing in a feature knows whether it runs in one process or in five. */
export interface Ports {
  /** The domain's own role on the domain's own PostgreSQL schema. */
  readonly databaseUrl: string
  readonly cache: Cache
  readonly transport: Transport
  readonly verifier: TokenVerifier
  readonly clock: Clock
  readonly random: Random
  readonly ids: IdSource
  readonly log: Logger
  readonly metrics: Registry
}

/** What every resolver gets. `identity` is null without a token; a bad token never reaches a resolver. */
export interface SubgraphContext {
  readonly identity: Identity | null
  readonly log: Logger
  /** Names the request in the log and to whoever asks about it. */
  readonly requestId: string
}

/** A GraphQL over HTTP request as it crosses the process boundary: nothing passes by reference. */
export interface SerializedRequest {
  /** `{"query": …, "variables": …, "operationName": …}` */
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** An HTTP route beside /graphql, such as enterprise's JWKS. */
export interface WellKnownRoute {
  readonly path: string
  /** @returns the JSON document. */
  answer(): Promise<string>
}

/** A running domain. */
export interface Subgraph {
  readonly name: string
  readonly schema: GraphQLSchema
  readonly routes: readonly WellKnownRoute[]
  /** @returns the serialised response. Never rejects: faults are in `errors`. */
  execute(request: SerializedRequest): Promise<string>
  /** Yields serialised execution results; `return()` ends the subscription at its source. */
  subscribe(request: SerializedRequest): AsyncIterableIterator<string>
  /** Rejects, naming what is wrong, when the domain cannot do its work. */
  ready(): Promise<void>
  /** Stops taking work, finishes what is in hand, lets go of everything. */
  stop(): Promise<void>
}
