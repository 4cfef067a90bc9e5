import { flushCompileCache } from 'node:module'
import { constants } from 'node:os'
import { MigrationRefused, startPostgres } from '@opsource/database'
import { startTracing } from '@opsource/tracing'
import type { Logger } from 'pino'
import { claimDatabase } from './claim.ts'
import { readConfig } from './config.ts'
import { DataFolder } from './data-folder.ts'
import { firstLivePrice } from './first-price.ts'
import { rollingLog } from './log.ts'
import { MarketProcess } from './market.ts'
import { demandFreePort } from './port.ts'
import { onTerminal } from './progress.ts'
import { Refusal } from './refusal.ts'

/** A terminal sends Ctrl-C to every process of the command, and npm may send it on: within this time it is the same one. */
const SAME_SIGNAL_MS = 1_500
/** A supervisor's patience. */
const STOP_LIMIT_MS = 30_000

const stack = new AsyncDisposableStack()
const stopping = new AbortController()
let stoppedAt = 0

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal))

const running = run()
try {
  await running
} catch (error) {
  // Whatever fails while everything is being taken down is no news.
  if (!stopping.signal.aborted) {
    console.error(`\n✗ ${lineFrom(error)}`)
    await stop(1)
  }
}

async function run(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env)
  await demandFreePort(config.host, config.port)
  stack.defer(startTracing({ service: 'opsource', ...config.tracing }))
  const folder = DataFolder.open(config.dataDirectory)
  const log = rollingLog(folder.logFile, config.logLevel)
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a bug ended the process')
    console.error(`\n✗ ${error.stack}`)
    void stop(1)
  })
  if (config.databaseUrl === null) folder.keepDemoApart(config.demo)
  // The platform's code is loaded while the database server starts.
  const code = Promise.all([import('./platform.ts'), import('./seed.ts'), import('./card.ts')])
  code.catch(() => {})
  const adminUrl = await onTerminal('PostgreSQL', () => claimedDatabase(config.databaseUrl, folder))
  const [{ startPlatform }, { seed }, { card }] = await code
  const market = config.marketSpeed === null ? null : marketOf(config.marketSpeed, log)
  stack.defer(async () => market?.stop())
  const platform = await startPlatform({ ...config, adminUrl, log, step: onTerminal, signal: stopping.signal })
  stack.defer(() => platform.stop())
  // Before the platform, which it withdraws its quotes from.
  stack.defer(async () => market?.stop())
  const { url: graphqlUrl, explorerUrl } = platform.gateway
  market?.play(graphqlUrl)
  if (config.demo) await onTerminal('demo', () => seed(graphqlUrl))
  const facts = {
    graphqlUrl,
    explorerUrl,
    demo: config.demo,
    market: config.marketSpeed !== null,
    logFile: folder.logFile,
  }
  const readiness = await platform.gateway.readiness()
  console.log(card({ ...facts, readiness, dataDirectory: config.dataDirectory, seconds: process.uptime() }))
  if (config.marketSpeed === null) return
  const price = await firstLivePrice(graphqlUrl, stopping.signal)
  // Else it is kept when the process ends: not where it is killed.
  flushCompileCache()
  if (price !== null) console.log(`✓ first live price: ${price} (${process.uptime().toFixed(1)} s)`)
}

function marketOf(speed: number, log: Logger): MarketProcess {
  // A terminal's Ctrl-C reaches it too, which is no news.
  const tell = (line: string) => {
    if (!stopping.signal.aborted) console.log(line)
  }
  return new MarketProcess({ speed, log, tell })
}

/** Claims before it undertakes to stop anything: the server may be the one that another platform works on. */
async function claimedDatabase(own: string | null, folder: DataFolder): Promise<string> {
  const refuse = (error: unknown): never => {
    if (error instanceof Refusal) throw error
    throw new Refusal(
      `${own === null ? 'PostgreSQL' : 'DATABASE_URL'}: ${error instanceof Error ? error.message : error}`,
    )
  }
  const server = own === null ? await startPostgres({ directory: folder.postgres }).catch(refuse) : null
  const adminUrl = own ?? server?.adminUrl ?? ''
  const claim = await claimDatabase(adminUrl).catch(refuse)
  stack.defer(async () => server?.stop())
  stack.defer(() => claim.release())
  return adminUrl
}

function onSignal(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
  const since = performance.now() - stoppedAt
  if (stopping.signal.aborted && since < SAME_SIGNAL_MS) return
  if (stopping.signal.aborted) process.exit(128 + constants.signals[signal])
  stoppedAt = performance.now()
  console.log('\nstopping … (again to stop at once)')
  void stop(0)
}

async function stop(code: number): Promise<void> {
  stopping.abort()
  setTimeout(() => {
    console.error(`✗ not everything stopped within ${STOP_LIMIT_MS / 1000} s`)
    process.exit(1)
  }, STOP_LIMIT_MS).unref()
  try {
    // A start that is under way takes down itself what it has begun.
    await running.catch(() => {})
    await stack.disposeAsync()
    if (code === 0) console.log('✓ stopped')
  } catch (error) {
    console.error(`✗ ${lineFrom(error)}`)
    process.exit(1)
  }
  process.exit(code)
}

function lineFrom(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof Refusal || error instanceof MigrationRefused) return error.message
  return error.stack ?? error.message
}
