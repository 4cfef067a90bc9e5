import type { Recording } from '@opsource/bus/contracts'
import type { Role } from '@opsource/identity'
import { type Clock, ManualClock } from '@opsource/kernel'
import type { Ports, Subgraph } from '@opsource/subgraph'
import { Registry } from 'prom-client'
import { expect } from 'vitest'
import { type AnyaOptions, startAnya } from '../../subgraphs/anya/src/index.ts'
import { SyntheticMarket } from '../../subgraphs/anya/src/testing/synthetic-market.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { type TestPorts, testPorts } from './ports.ts'

/** Who asks. */
interface Asker {
  readonly roles: readonly Role[]
  readonly userId?: string
}
const ANALYST: Asker = { roles: ['ANALYST'] }

/** An analyst that runs, and the token to ask it with. */
export class Analyst {
  readonly subgraph: Subgraph
  readonly metrics: Registry
  readonly #ports: TestPorts

  constructor(subgraph: Subgraph, ports: TestPorts) {
    this.subgraph = subgraph
    this.metrics = ports.metrics
    this.#ports = ports
  }

  /** Data and errors as they come. @param asker null for somebody without a token. */
  async answer(query: string, variables: object = {}, asker: Asker | null = ANALYST) {
    return JSON.parse(await this.subgraph.execute(await this.#request(query, variables, asker)))
  }

  /** The data; errors fail the test. */
  async ask(query: string, variables: object = {}, asker: Asker | null = ANALYST) {
    const { data, errors } = await this.answer(query, variables, asker)
    expect(errors).toBeUndefined()
    return data
  }

  /** Each answer as it comes, in JSON. */
  async subscribe(query: string, variables: object = {}, asker: Asker | null = ANALYST) {
    return this.subgraph.subscribe(await this.#request(query, variables, asker))
  }

  async #request(query: string, variables: object, asker: Asker | null) {
    const body = JSON.stringify({ query, variables })
    if (!asker) return { body, headers: {} }
    const token = await this.#ports.token({ userId: 'usr_ada', ...asker })
    return { body, headers: { authorization: `Bearer ${token}` } }
  }
}

export interface AnalystSurroundings {
  /** A clock that stands still at the beginning of 2026 unless told. */
  readonly clock?: Clock
  readonly ports?: Partial<Pick<Ports, 'cache' | 'log'>>
}

/** A database of its own, and the analysts that share it with cache, clock and markets. */
export class AnalystStage {
  readonly fresh: FreshDatabase
  readonly ports: TestPorts
  readonly #running = new Set<Subgraph>()

  private constructor(fresh: FreshDatabase, ports: TestPorts) {
    this.fresh = fresh
    this.ports = ports
  }

  static async open({ clock, ports = {} }: AnalystSurroundings = {}): Promise<AnalystStage> {
    const fresh = await freshDatabase('anya')
    const given = testPorts({ databaseUrl: fresh.url, clock: clock ?? new ManualClock(Date.UTC(2026, 0, 1)) })
    return new AnalystStage(fresh, { ...given, ...ports })
  }

  /** @param given of an analyst that has others than its neighbours, such as a cache that hears nothing of them. */
  async start(options: AnyaOptions, given: TestPorts = this.ports): Promise<Analyst> {
    const ports = { ...given, metrics: new Registry() }
    const subgraph = await startAnya(ports, options)
    this.#running.add(subgraph)
    return new Analyst(subgraph, ports)
  }

  async stop({ subgraph }: Analyst): Promise<void> {
    this.#running.delete(subgraph)
    await subgraph.stop()
  }

  async market(symbol: string, recording: Recording = null): Promise<SyntheticMarket> {
    const market = new SyntheticMarket(this.ports, symbol, recording)
    await market.open()
    return market
  }

  async close(): Promise<void> {
    for (const subgraph of this.#running) await subgraph.stop()
    await Promise.all([this.ports.transport.close(), this.ports.cache.close()])
    await this.fresh.drop()
  }
}
