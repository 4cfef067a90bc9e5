import path from 'node:path'
import { startAnya } from '@opsource/anya'
import { eventConsumers, MemoryTransport } from '@opsource/bus'
import { MemoryCache } from '@opsource/cache'
import { startDash33 } from '@opsource/dash33'
import { type Domain, domains, migrate, prepareDatabase } from '@opsource/database'
import { startEnterprise } from '@opsource/enterprise'
import { type Gateway, startGateway } from '@opsource/gateway'
import { type DocumentSource, followRevocations, TokenVerifier } from '@opsource/identity'
import { IdSource, systemClock, systemRandom } from '@opsource/kernel'
import { startMobile } from '@opsource/mobile'
import { type Ports, type Subgraph, wellKnownDocument } from '@opsource/subgraph'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { quietly, type Step } from './progress.ts'

/** What the exchange lists, and so what the analyst forecasts. */
const SYMBOLS = ['BTC-USDT', 'ETH-USDT']
/** Whoever is told of what another does stops before it. */
const STOPPED_LAST_TO_FIRST = ['enterprise', 'dash33', 'anya', 'mobile'] as const

export interface PlatformOptions {
  /** The administrator's URL of the database; it may be empty. */
  readonly adminUrl: string
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Whether users and keys exist whose secrets are public. */
  readonly demo: boolean
  /** What of the exchange's journal stays: what a restart needs, unless it says otherwise. */
  readonly journal?: 'ALL' | 'SNAPSHOTS'
  /** Multiplies all rates that callers are held to; 1 by default. */
  readonly rateScale?: number
  /** Where files are kept that outlive the process; without it none are. */
  readonly dataDirectory?: string
  readonly log: Logger
  readonly step?: Step
  /** Gives the start up between two of its steps. */
  readonly signal?: AbortSignal
}

/** Gateway and four domains in this process. */
export interface Platform {
  readonly gateway: Gateway
  readonly subgraphs: Readonly<Record<Domain, Subgraph>>
  /** Stops one domain for good, as if it had died tidily. */
  stopSubgraph(name: Domain): Promise<void>
  /** Takes no more work, finishes what is in hand, lets go of everything but the database server. */
  stop(): Promise<void>
}

/** Starts everything in order; where one part fails, those before it are stopped again. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { log } = options
  const step: Step = (title, work) => {
    options.signal?.throwIfAborted()
    return (options.step ?? quietly)(title, work)
  }
  const stack = new AsyncDisposableStack()
  try {
    const urls = await step('database roles and migrations', async () => {
      const prepared = await prepareDatabase(options.adminUrl)
      for (const domain of domains) await migrate(domain, prepared[domain])
      return prepared
    })
    const shared = sharedPorts(log)
    stack.defer(() => shared.cache.close())
    stack.defer(() => shared.transport.close())

    // Everyone believes enterprise's signatures, enterprise itself included; the documents are read when they are first needed.
    const issuer: { subgraph?: Subgraph } = {}
    const verifierOf = () => {
      const document =
        (path: string): DocumentSource =>
        async () =>
          wellKnownDocument(issuer.subgraph, path)
      const keys = document('/.well-known/jwks.json')
      return new TokenVerifier({ keys, revocations: document('/.well-known/revocations.json'), clock: systemClock })
    }
    const start = (domain: Domain, starter: (ports: Ports) => Promise<Subgraph>) =>
      step(domain, async () => {
        const verifier = verifierOf()
        await using own = new AsyncDisposableStack()
        own.defer(await followRevocations(verifier, shared))
        const subgraph = await starter({ ...shared, verifier, databaseUrl: urls[domain] })
        own.defer(() => subgraph.stop())
        if (domain === 'enterprise') issuer.subgraph = subgraph
        const started = own.move()
        const stop = () => started.disposeAsync()
        return { subgraph, verifier, stop }
      })
    // Side by side: each waits for threads and the database more than it computes.
    const begun = {
      enterprise: start('enterprise', (ports) =>
        startEnterprise(ports, options.demo ? { seedDemo: { host: options.host } } : {}),
      ),
      dash33: start('dash33', (ports) => startDash33(ports, { journal: options.journal ?? 'SNAPSHOTS' })),
      anya: start('anya', (ports) => startAnya(ports, { symbols: SYMBOLS, ...anyaData(options) })),
      mobile: start('mobile', (ports) => startMobile(ports)),
    }
    const outcomes = await Promise.allSettled(STOPPED_LAST_TO_FIRST.map((domain) => begun[domain]))
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') stack.defer(outcome.value.stop)
    const [enterprise, dash33, anya, mobile] = await Promise.all([
      begun.enterprise,
      begun.dash33,
      begun.anya,
      begun.mobile,
    ])
    const subgraphs = {
      enterprise: enterprise.subgraph,
      dash33: dash33.subgraph,
      anya: anya.subgraph,
      mobile: mobile.subgraph,
    }
    await Promise.all([enterprise, dash33, anya, mobile].map(({ verifier }) => verifier.load()))
    const gateway = await step('gateway', async () => {
      const verifier = verifierOf()
      const unfollow = await followRevocations(verifier, shared)
      stack.defer(unfollow)
      await verifier.load()
      const { cache, transport, clock, metrics } = shared
      return startGateway({
        host: options.host,
        port: options.port,
        upstreams: subgraphs,
        rateScale: options.rateScale ?? 1,
        verifier,
        cache,
        transport,
        clock,
        log,
        metrics,
      })
    })
    stack.defer(() => gateway.stop())
    return {
      gateway,
      subgraphs,
      stopSubgraph: (name) => subgraphs[name].stop(),
      stop: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Beside PostgreSQL's, in a folder of its own. */
const anyaData = ({ dataDirectory }: PlatformOptions) =>
  dataDirectory === undefined ? {} : { dataDirectory: path.join(dataDirectory, 'anya') }

function sharedPorts(log: Logger): Omit<Ports, 'verifier' | 'databaseUrl'> {
  const [clock, random] = [systemClock, systemRandom]
  return {
    cache: new MemoryCache({ clock, log }),
    transport: new MemoryTransport({ log, consumers: eventConsumers }),
    clock,
    random,
    ids: new IdSource(clock, random),
    log,
    metrics: new Registry(),
  }
}
