import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { Fleet } from '../../tools/services/fleet.ts'
import { platformDatabase } from '../support/database.ts'
import { startRabbit } from '../support/rabbitmq.ts'
import { startRedis } from '../support/redis.ts'
import { freePort } from '../support/server-process.ts'
import { runProgram } from './program.ts'
import { signingKeyOf } from './signing-key.ts'
import type { DomainName, Platform } from './stage.ts'
import { Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const SET_ROLES = /* GraphQL */ `
  mutation SetRoles($input: SetUserRolesInput!) { setUserRoles(input: $input) { __typename } }
`
const CREATE_KEY = /* GraphQL */ `
  mutation CreateKey { createApiKey(input: { label: "market" }) { ... on ApiKeyCreated { secret } } }
`
const rolesSet = z.object({ setUserRoles: z.object({ __typename: z.literal('UserRolesSet') }) })
const keyCreated = z.object({ createApiKey: z.object({ secret: z.string() }) })

/** Gateway and four domains as five processes, on a Redis and a RabbitMQ of their own, and on an empty database. */
export async function startServices(given?: { readonly adminUrl: string }): Promise<ServicesStage> {
  const stack = new AsyncDisposableStack()
  try {
    const database = given ? { ...given, drop: async () => {} } : await platformDatabase()
    stack.defer(() => database.drop())
    const [redis, rabbit] = await Promise.all([startRedis(), startRabbit()])
    stack.defer(() => redis.stop())
    stack.defer(() => rabbit.stop())
    const ports = {
      gateway: await freePort(),
      dash33: await freePort(),
      anya: await freePort(),
      enterprise: await freePort(),
      mobile: await freePort(),
    }
    const anyaData = await mkdtemp(path.join(tmpdir(), 'opsource-anya-'))
    stack.defer(() => rm(anyaData, { recursive: true, force: true }))
    const log: string[] = []
    const fleet = await Fleet.start({
      databaseUrl: database.adminUrl,
      redisUrl: redis.url,
      rabbitUrl: rabbit.url,
      ports,
      // Recordings are played as fast as they can be.
      rateScale: 1_000,
      anyaData,
      tell: (name, line) => void log.push(`${name} ${line}`),
      onLost: (name, reason) => void log.push(`${name} LOST ${reason}`),
    }).catch((error: unknown) => {
      throw new Error(`the services did not start:\n${log.slice(-50).join('\n')}`, { cause: error })
    })
    stack.defer(async () => void (await fleet.stop()))
    return await prepare(fleet, database.adminUrl, ports, { redis, rabbit }, stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** What drills may do besides. */
export interface ServicesStage extends Platform {
  readonly fleet: Fleet
  readonly redis: Awaited<ReturnType<typeof startRedis>>
  readonly rabbit: Awaited<ReturnType<typeof startRabbit>>
}

/** There are no demo users here: the first administrator is made by command, and appoints the others through the graph. */
async function prepare(
  fleet: Fleet,
  adminUrl: string,
  ports: Readonly<Record<DomainName | 'gateway', number>>,
  servers: Pick<ServicesStage, 'redis' | 'rabbit'>,
  stack: AsyncDisposableStack,
): Promise<ServicesStage> {
  const visitor = new Visitor(fleet.graphqlUrl)
  const email = 'admin@example.org'
  const made = await runProgram('subgraphs/enterprise/src/users/create-admin.ts', ['--email', email], {
    DATABASE_URL: adminUrl,
  })
  const password = /password (\S+)/.exec(made.stdout)?.[1]
  if (password === undefined) throw new Error(`no administrator: ${made.stdout}${made.stderr}`)
  const admin = await Trader.logIn(visitor, email, password)
  const operator = await Trader.register(visitor, 'operator')
  await admin.visitor.get(rolesSet, SET_ROLES, { input: { userId: operator.userId, roles: ['OPERATOR'] } })
  const logIn = async () => (await Trader.logIn(visitor, operator.email, operator.password)).visitor
  const keyOf = async (owner: Visitor) => (await owner.get(keyCreated, CREATE_KEY)).createApiKey.secret
  const [maker, taker] = [await Trader.register(visitor, 'maker'), await Trader.register(visitor, 'taker')]
  const marketKeys = {
    maker: await keyOf(maker.visitor),
    taker: await keyOf(taker.visitor),
    operator: await keyOf(await logIn()),
  }
  return {
    ...servers,
    fleet,
    graphqlUrl: fleet.graphqlUrl,
    marketKeys,
    operator: async () => (await logIn()).authorization ?? '',
    askDirectly: async (domain, query, authorization, variables = {}) =>
      new Visitor(`http://127.0.0.1:${ports[domain]}/graphql`, authorization).ask(query, variables),
    signingKey: () => signingKeyOf(adminUrl),
    stopDomain: (domain) => fleet.kill(domain),
    startDomain: (domain) => fleet.launch(domain),
    stop: () => stack.disposeAsync(),
  }
}
