import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { MemoryTransport } from '@opsource/bus'
import { MemoryCache } from '@opsource/cache'
import type { TokenVerifier } from '@opsource/identity'
import { IdSource, systemClock, systemRandom } from '@opsource/kernel'
import { createSubgraph, type Listening, listen, type Subgraph } from '@opsource/subgraph'
import { pino } from 'pino'
import { Registry } from 'prom-client'

const prelude = path.resolve(import.meta.dirname, '../../../../packages/subgraph/src/schema/prelude.graphql')
const log = pino({ level: 'silent' })

/** The schema of a subgraph as every domain writes it: behind the prelude. */
export async function withPrelude(sdl: string): Promise<string> {
  return (await readFile(prelude, 'utf8')) + sdl
}

/** A subgraph as every domain makes it, without a database. */
export async function openSubgraph(
  name: string,
  sdl: string,
  resolvers: object,
  verifier: TokenVerifier,
): Promise<Subgraph> {
  const ports = {
    databaseUrl: '',
    cache: new MemoryCache({ clock: systemClock, log }),
    transport: new MemoryTransport({ log }),
    verifier,
    clock: systemClock,
    random: systemRandom,
    ids: new IdSource(systemClock, systemRandom),
    log,
    metrics: new Registry(),
  }
  return createSubgraph({ name, sdl: await withPrelude(sdl), resolvers, ports })
}

/** @param port 0 for any free one. */
export function serve(subgraph: Subgraph, port = 0): Promise<Listening> {
  return listen(subgraph, { host: '127.0.0.1', port, log, metrics: new Registry() })
}
