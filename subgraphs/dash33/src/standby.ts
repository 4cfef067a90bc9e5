import { createServer, type Server } from 'node:http'
import type { Ports } from '@opsource/subgraph'
import type { Logger } from 'pino'
import { followEngine, type JournalKeep, type StandbyEngine } from './engine/client.ts'

interface AwaitLeadOptions {
  readonly journal: JournalKeep
  readonly host: string
  readonly port: number
}

/**
 * Follows the leader's journal until its place is free. Meanwhile `/health/ready` on the service's own port says that this is a
 * standby; where the leader has that port, on the same machine, nothing does.
 * @returns the engine, which leads.
 */
export async function awaitLead(ports: Ports, { journal, host, port }: AwaitLeadOptions): Promise<StandbyEngine> {
  const log = ports.log.child({ domain: 'dash33' })
  const { databaseUrl, clock, random } = ports
  const standby = followEngine({ databaseUrl, keep: journal, clock, random, log })
  let isWarm = false
  const health = await serveHealth({ host, port, log, state: () => (isWarm ? 'standby' : 'standby is not warm yet') })
  try {
    await standby.warm()
    isWarm = true
    await standby.leads()
    return standby
  } finally {
    health?.closeAllConnections()
    await new Promise<void>((resolve) => (health ? health.close(() => resolve()) : resolve()))
  }
}

interface HealthOptions {
  readonly host: string
  readonly port: number
  readonly log: Logger
  readonly state: () => string
}

/** @returns null where the port is taken. */
function serveHealth({ host, port, log, state }: HealthOptions): Promise<Server | null> {
  const server = createServer((request, response) => {
    const live = request.url === '/health/live'
    response.writeHead(live ? 200 : 503, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify({ status: live ? 'live' : state() }))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') {
        reject(error)
        return
      }
      log.warn({ host, port }, 'standby: the port is taken, so that nobody can ask for its health')
      resolve(null)
    })
    server.listen(port, host, () => resolve(server))
  })
}
