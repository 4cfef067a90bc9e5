import { MemoryTransport } from '@opsource/bus'
import { MemoryCache } from '@opsource/cache'
import { TokenVerifier } from '@opsource/identity'
import { systemClock } from '@opsource/kernel'
import { Registry } from 'prom-client'
import { startGateway } from '../../../../apps/gateway/src/gateway.ts'
import { openLog } from '../../../../apps/gateway/src/server/log.ts'
import { fileSource } from '../../../../apps/gateway/src/supergraph/file-source.ts'
import { Issuer } from '../../../../apps/gateway/src/testing/issuer.ts'
import { SUBGRAPHS } from '../operations.ts'

/** The product's gateway with all that it does: authentication, authorization, limits, log and metrics. Prints a token that holds. Arguments: port, the first subgraph's port, file of another supergraph. */
const [port, firstPort] = process.argv.slice(2, 4).map(Number)
const supergraph = process.argv[4]
const issuer = new Issuer(systemClock)
const verifier = new TokenVerifier({
  keys: async () => issuer.jwks(),
  revocations: async () => '{"revocations":[]}',
  clock: systemClock,
})
await verifier.load()
const { log, operationLines } = openLog({ level: 'info', clock: systemClock, destination: '/dev/null' })
await startGateway({
  host: '127.0.0.1',
  port: port ?? 0,
  upstreams: Object.fromEntries(
    SUBGRAPHS.map((name, index) => [name, `http://127.0.0.1:${(firstPort ?? 0) + index}/graphql`]),
  ),
  verifier,
  cache: new MemoryCache({ clock: systemClock, log }),
  transport: new MemoryTransport({ log }),
  clock: systemClock,
  log,
  operationLines,
  metrics: new Registry(),
  rateScale: 1_000_000,
  ...(supergraph === undefined ? {} : { supergraph: fileSource(supergraph) }),
})
process.stdout.write(`${issuer.token()}\n`)
