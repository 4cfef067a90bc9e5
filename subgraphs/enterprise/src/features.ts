import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { consume, eventConsumers, OutboxRelay } from '@opsource/bus'
import { poolConfig } from '@opsource/database'
import { createSubgraph, type Ports, type Subgraph } from '@opsource/subgraph'
import { Pool } from 'pg'
import {
  AUDIT_KEPT_MS,
  type AuditDraft,
  appendToldAudits,
  auditOfModelChange,
  auditOfVenueChange,
  auditResolvers,
  pruneAudit,
} from './audit/index.ts'
import { type Database, openDatabase } from './database.ts'
import type { Resolvers } from './generated/graphql.ts'
import {
  ApiKeys,
  IdentityObserver,
  identityResolvers,
  PasswordQueue,
  pruneIdentity,
  requireLoopback,
  Sessions,
  SigningKeys,
  seedDemo,
  wellKnownRoutes,
} from './identity/index.ts'
import { Outbox } from './outbox.ts'
import {
  pruneTrades,
  RECORDED_TRADES_KEPT,
  type RecordedEvent,
  recordEvents,
  recordResolvers,
} from './records/index.ts'
import { Roles, userLoader, userResolvers } from './users/index.ts'

/** Connections for events beside Prisma's own: the relay holds one, a batch of the book of record another. */
const POOL_CONNECTIONS = 3
const RETENTION_INTERVAL_MS = 10 * 60_000

export interface EnterpriseOptions {
  /** Makes the demo's users and API keys, which everyone knows. Throws unless the platform is bound to a `host` that only this machine reaches. */
  readonly seedDemo?: { readonly host: string }
}

/** Starts the back office on a migrated database. */
export async function startEnterprise(ports: Ports, options: EnterpriseOptions = {}): Promise<Subgraph> {
  if (options.seedDemo) requireLoopback(options.seedDemo.host)
  const stack = new AsyncDisposableStack()
  try {
    return await start(ports, options, stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** What is opened goes onto the stack, to be let go of in the opposite order. */
async function start(ports: Ports, options: EnterpriseOptions, stack: AsyncDisposableStack): Promise<Subgraph> {
  const { clock, random, ids, transport, log } = ports
  const database = openDatabase(ports.databaseUrl)
  stack.defer(() => database.$disconnect())
  const pool = new Pool(poolConfig(ports.databaseUrl, { max: POOL_CONNECTIONS }))
  stack.defer(() => pool.end())
  const relay = new OutboxRelay({ pool, transport, log })
  const outbox = new Outbox(database, relay, clock, ids)
  const keys = new SigningKeys(database, clock, ids)
  const passwords = new PasswordQueue()
  await Promise.all([keys.current(), passwords.warmUp()])
  if (options.seedDemo) await seedDemo({ database, outbox, passwords, clock, ids })
  const observer = new IdentityObserver(ports)
  const sessions = new Sessions({ database, outbox, passwords, keys, clock, random, ids, observer })
  const apiKeys = new ApiKeys({ database, outbox, keys, clock, random, ids })
  relay.start()
  stack.defer(() => relay.stop())
  const consumer = await consume({
    pool,
    transport,
    consumer: 'enterprise',
    types: eventConsumers.enterprise,
    clock,
    log,
    handle: async (events, client) => {
      const told: Required<AuditDraft>[] = []
      const records: RecordedEvent[] = []
      for (const event of events) {
        if (event.type === 'venue.setting-changed') told.push(auditOfVenueChange(event))
        else if (event.type === 'model.alias-changed') told.push(auditOfModelChange(event))
        else records.push(event)
      }
      await appendToldAudits(client, ids, told)
      await recordEvents(client, records)
    },
  })
  stack.defer(() => consumer.close())
  const retention = setInterval(() => void prune(database, keys, ports), RETENTION_INTERVAL_MS).unref()
  stack.defer(() => clearInterval(retention))
  return createSubgraph({
    name: 'enterprise',
    sdl: await readFile(path.join(import.meta.dirname, 'generated/schema.graphql'), 'utf8'),
    resolvers: resolversOf(database, sessions, apiKeys, new Roles({ outbox, clock, ids })),
    ports,
    routes: wellKnownRoutes(database, keys, clock),
    ready: async () => {
      await pool.query('SELECT')
    },
    onStop: () => stack.disposeAsync(),
  })
}

function resolversOf(database: Database, sessions: Sessions, apiKeys: ApiKeys, roles: Roles): Resolvers {
  const loadUser = userLoader(database)
  const [audit, users] = [auditResolvers(database, loadUser), userResolvers(database, roles, loadUser)]
  const [identity, records] = [identityResolvers(database, sessions, apiKeys), recordResolvers(database, loadUser)]
  return {
    ...audit,
    ...users,
    ...identity,
    ...records,
    Query: { ...audit.Query, ...users.Query, ...records.Query },
    Mutation: { ...users.Mutation, ...identity.Mutation },
    User: { ...users.User, ...identity.User },
  }
}

/** One that fails leaves its rows for the next time, and the others to do their part. */
async function prune(database: Database, keys: SigningKeys, { clock, ids, log }: Ports): Promise<void> {
  const work = [
    () => pruneIdentity(database, keys, clock, ids),
    () => pruneAudit(database, new Date(clock.now() - AUDIT_KEPT_MS)),
    () => pruneTrades(database, RECORDED_TRADES_KEPT),
  ]
  for (const each of work) {
    await each().catch((error: unknown) => log.error({ err: error }, 'old rows could not be deleted'))
  }
}
