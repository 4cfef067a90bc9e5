import type { Role } from '@opsource/identity'
import type { Clock, IdSource } from '@opsource/kernel'
import { appendAudit } from '../audit/index.ts'
import type { Database, Transaction } from '../database.ts'
import type { Outbox } from '../outbox.ts'
import { credentialsOf, hasService, insertUser, type UserKind, userRegistered } from '../users/index.ts'
import { insertApiKey } from './api-key-store.ts'
import type { PasswordQueue } from './password-queue.ts'

export interface DemoUser {
  readonly email: string
  readonly password: string
  readonly displayName: string
  readonly roles: readonly Role[]
}

export interface DemoService {
  readonly apiKey: string
  readonly displayName: string
  readonly roles: readonly Role[]
}

/** Known to everyone who reads this file, and so only ever on embedded defaults that nobody else can reach. */
export const demoUsers = {
  trader: {
    email: 'trader@demo.opsource.local',
    password: 'demo-trader-2024',
    displayName: 'Demo Trader',
    roles: ['TRADER'],
  },
  analyst: {
    email: 'analyst@demo.opsource.local',
    password: 'demo-analyst-2024',
    displayName: 'Demo Analyst',
    roles: ['TRADER', 'ANALYST'],
  },
  operator: {
    email: 'operator@demo.opsource.local',
    password: 'demo-operator-2024',
    displayName: 'Demo Operator',
    roles: ['OPERATOR'],
  },
  admin: {
    email: 'admin@demo.opsource.local',
    password: 'demo-admin-2024',
    displayName: 'Demo Admin',
    roles: ['ADMIN'],
  },
} as const satisfies Record<string, DemoUser>

/** The market in a box's accounts. */
export const demoServices = {
  marketMaker: { apiKey: 'opk_demo_market_maker', displayName: 'market-maker', roles: ['TRADER'] },
  marketTaker: { apiKey: 'opk_demo_market_taker', displayName: 'market-taker', roles: ['TRADER'] },
  marketOperator: { apiKey: 'opk_demo_market_operator', displayName: 'market-operator', roles: ['OPERATOR'] },
} as const satisfies Record<string, DemoService>

export const demoApiKeys = {
  marketMaker: demoServices.marketMaker.apiKey,
  marketTaker: demoServices.marketTaker.apiKey,
  marketOperator: demoServices.marketOperator.apiKey,
} as const

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** Throws unless `host` is one that only this machine can reach. */
export function requireLoopback(host: string): void {
  if (!LOOPBACK.has(host))
    throw new Error(`demo users have passwords that everyone knows: they may not exist while bound to ${host}`)
}

interface DemoPorts {
  readonly database: Database
  readonly outbox: Outbox
  readonly passwords: PasswordQueue
  readonly clock: Clock
  readonly ids: IdSource
}

/** Makes those demo users and services that are missing; running it again changes nothing. */
export async function seedDemo(ports: DemoPorts): Promise<void> {
  const { database, outbox, passwords } = ports
  for (const user of Object.values(demoUsers)) {
    if (await credentialsOf(database, user.email)) continue
    const hash = await passwords.hash(user.password)
    if (!hash.ok) throw new Error('the password queue is full before anyone can have come')
    await outbox.transact(async (tx) => {
      await addUser(tx, ports, { ...user, kind: 'PERSON', passwordHash: hash.value })
    })
  }
  for (const service of Object.values(demoServices)) {
    await outbox.transact(async (tx) => {
      if (await hasService(tx, service.displayName)) return
      const userId = await addUser(tx, ports, { ...service, kind: 'SERVICE', email: null, passwordHash: null })
      const createdAt = new Date(ports.clock.now())
      await insertApiKey(tx, { id: ports.ids.next('key'), userId, label: 'demo', secret: service.apiKey, createdAt })
    })
  }
}

async function addUser(
  tx: Transaction,
  { outbox, clock, ids }: DemoPorts,
  person: {
    email: string | null
    displayName: string
    kind: UserKind
    roles: readonly Role[]
    passwordHash: string | null
  },
): Promise<string> {
  const { email, displayName, kind, roles, passwordHash } = person
  const [id, now] = [ids.next('usr'), clock.now()]
  const createdAt = new Date(now)
  const user = await insertUser(tx, { id, email, displayName, kind, roles: [...roles], passwordHash, createdAt })
  if (!user) throw new Error(`${displayName} is there already`)
  await outbox.announce(tx, 'user.registered', id, userRegistered(user))
  await appendAudit(tx, ids, { actorId: null, action: 'user.registered', subject: id, at: now })
  return id
}
