import { MemoryTransport } from '@opsource/bus'
import { MemoryCache } from '@opsource/cache'
import { TokenVerifier } from '@opsource/identity'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { startGateway } from '../../../../apps/gateway/src/gateway.ts'
import { Issuer } from '../../../../apps/gateway/src/testing/issuer.ts'
import { SUBGRAPHS } from '../operations.ts'

/** The product's gateway with all that it does: authentication, authorization, limits, log and metrics. Prints a token that holds. */
const [port, firstPort] = process.argv.slice(2).map(Number)
const issuer = new Issuer(systemClock)
const verifier = new TokenVerifier({
  keys: async () => issuer.jwks(),
  revocations: async () => '{"revocations":[]}',
  clock: systemClock,
})
await verifier.load()
const log = pino({ level: 'info' }, pino.destination({ dest: '/dev/null', sync: true }))
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
  metrics: new Registry(),
  rateScale: 1_000_000,
})
process.stdout.write(`${issuer.token()}\n`)
