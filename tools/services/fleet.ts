import { type Domain, domains, prepareDatabase } from '@opsource/database'
import { demandFreePorts } from './ports.ts'
import { ServiceProcess } from './service-process.ts'

export type ServiceName = Domain | 'gateway'

export interface FleetOptions {
  /** The administrator's URL: it makes a role for each domain, and no service ever sees it. */
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly rabbitUrl: string
  /** Keys the roles' passwords; the administrator's password by default. */
  readonly roleSecret?: string
  readonly ports: Readonly<Record<ServiceName, number>>
  /** Multiplies all rates that callers are held to; the gateway's own default otherwise. */
  readonly rateScale?: number
  /** Where anya keeps files; its own default otherwise. */
  readonly anyaData?: string
  /** Told every line that a service writes. */
  readonly tell: (name: ServiceName, line: string) => void
  /** Told when a service ends without having been asked to. */
  readonly onLost: (name: ServiceName, reason: string) => void
}

export const defaultPorts: Readonly<Record<ServiceName, number>> = {
  gateway: 4000,
  dash33: 4101,
  anya: 4102,
  enterprise: 4103,
  mobile: 4104,
}

type Environments = Readonly<Record<ServiceName, Readonly<Record<string, string>>>>

/** Gateway and four domains as five processes against real servers. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #environments: Environments
  readonly #running = new Map<ServiceName, ServiceProcess>()

  private constructor(options: FleetOptions, environments: Environments) {
    this.#options = options
    this.#environments = environments
  }

  /** Resolves once every service is ready; where one is not, those that run are stopped again. */
  static async start(options: FleetOptions): Promise<Fleet> {
    await demandFreePorts(options.ports)
    const roles = await prepareDatabase(options.databaseUrl, options.roleSecret ? { secret: options.roleSecret } : {})
    const originOf = (name: ServiceName) => loopbackOrigin(options.ports[name])
    const shared = {
      // What every role's password follows from is nobody's but this process's.
      OPSOURCE_ROLE_SECRET: '',
      REDIS_URL: options.redisUrl,
      RABBITMQ_URL: options.rabbitUrl,
      ENTERPRISE_URL: originOf('enterprise'),
    }
    const graphql = Object.fromEntries(
      domains.map((name) => [`${name.toUpperCase()}_URL`, `${originOf(name)}/graphql`]),
    )
    const of = (name: Domain) => ({ ...shared, DATABASE_URL: roles[name] })
    const fleet = new Fleet(options, {
      enterprise: of('enterprise'),
      dash33: of('dash33'),
      anya: { ...of('anya'), ...(options.anyaData ? { ANYA_DATA: options.anyaData } : {}) },
      mobile: of('mobile'),
      gateway: {
        ...shared,
        ...graphql,
        DATABASE_URL: '',
        ...(options.rateScale === undefined ? {} : { RATE_LIMIT_SCALE: `${options.rateScale}` }),
      },
    })
    try {
      // The others ask enterprise for the keys that they believe.
      await fleet.launch('enterprise')
      await Promise.all((['dash33', 'anya', 'mobile'] as const).map((name) => fleet.launch(name)))
      await fleet.launch('gateway')
    } catch (error) {
      await fleet.stop()
      throw error
    }
    return fleet
  }

  get graphqlUrl(): string {
    return `${this.originOf('gateway')}/graphql`
  }

  originOf(name: ServiceName): string {
    return loopbackOrigin(this.#options.ports[name])
  }

  /** Starts a service, or one that was lost again, and waits until it is ready. */
  async launch(name: ServiceName): Promise<void> {
    const { ports, tell, onLost } = this.#options
    const main = name === 'gateway' ? 'apps/gateway/src/main.ts' : `subgraphs/${name}/src/main.ts`
    const service = new ServiceProcess({
      name,
      main,
      port: ports[name],
      environment: this.#environments[name],
      tell: (line) => tell(name, line),
      onLost: (reason) => {
        this.#running.delete(name)
        onLost(name, reason)
      },
    })
    this.#running.set(name, service)
    await service.ready()
  }

  /** Ends a service as a crash would. */
  async kill(name: ServiceName): Promise<void> {
    await this.#running.get(name)?.kill()
    this.#running.delete(name)
  }

  /** Drains the door first, then those behind it. @returns the services that had to be killed. */
  async stop(): Promise<ServiceName[]> {
    const killed: ServiceName[] = []
    const end = async (name: ServiceName) => {
      if ((await this.#running.get(name)?.stop()) === false) killed.push(name)
      this.#running.delete(name)
    }
    await end('gateway')
    await Promise.all((['dash33', 'anya', 'mobile'] as const).map(end))
    await end('enterprise')
    return killed
  }
}

function loopbackOrigin(port: number): string {
  return `http://127.0.0.1:${port}`
}
