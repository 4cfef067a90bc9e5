import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { MemoryTransport } from '@opsource/bus'
import { MemoryCache } from '@opsource/cache'
import { TokenVerifier } from '@opsource/identity'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { z } from 'zod'
import { startGateway } from '../../../apps/gateway/src/index.ts'
import { compose } from '../../../apps/gateway/src/supergraph/composition.ts'
import { fileSource } from '../../../apps/gateway/src/supergraph/file-source.ts'
import { Issuer } from '../../../apps/gateway/src/testing/issuer.ts'
import { serveOrders } from './children.ts'
import { describedParts } from './subgraphs.ts'

/** The gateway as it is served, before subgraphs of another process. */
const orderSchema = z.object({ do: z.literal('start'), ports: z.record(z.string(), z.number()) })

serveOrders(orderSchema, async ({ ports }) => {
  const composed = compose(await describedParts())
  if (!composed.ok) throw new Error(JSON.stringify(composed.error))
  const supergraph = path.join(await mkdtemp(path.join(tmpdir(), 'bench-fan-out-')), 'supergraph.graphql')
  await writeFile(supergraph, composed.value)
  const issuer = new Issuer(systemClock)
  const keys = async () => issuer.jwks()
  const verifier = new TokenVerifier({ keys, revocations: async () => '{"revocations":[]}', clock: systemClock })
  await verifier.load()
  const log = pino({ level: 'silent' })
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    upstreams: Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [name, `http://127.0.0.1:${port}/graphql`]),
    ),
    verifier,
    clock: systemClock,
    cache: new MemoryCache({ clock: systemClock, log }),
    transport: new MemoryTransport({ log }),
    log,
    rateScale: 1_000_000,
    metrics: new Registry(),
    supergraph: fileSource(supergraph),
  })
  return gateway.port
})
