import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, seededRandom } from '@opsource/kernel'
import { nthOrder } from './engine.ts'
import { EngineChild } from './engine-child.ts'
import { auditJournal } from './journal-audit.ts'

const CLIENTS = 50
const RETRY_MS = 10
/** Any other refusal is an answer, such as of an account that has run dry. */
const AWAY = /^(ENGINE_UNAVAILABLE|OUTCOME_UNKNOWN)$/
const LONGEST_ROUND_MS = 400

export interface DrillReport {
  readonly acknowledged: number
  /** Acknowledged, and not in the journal as the order that was promised. */
  readonly lost: readonly string[]
  readonly twice: readonly string[]
  readonly unbalanced: readonly string[]
  /** Whether the journal leads to the state that the last engine has. */
  readonly equalHash: boolean
  /** From each kill to the first order answered after it, milliseconds. */
  readonly outagesMs: readonly number[]
}

/** Clients that place orders without pause while `strike` is called at random points, and resend whatever was not acknowledged. */
export class KillDrill {
  readonly #databaseUrl: string
  readonly #random: Random
  readonly #acknowledged = new Map<string, string>()
  readonly #outagesMs: number[] = []
  #leader: EngineChild
  #next = 0
  #struckAt: number | null = null
  #done = false

  private constructor(databaseUrl: string, leader: EngineChild, seed: number) {
    this.#databaseUrl = databaseUrl
    this.#leader = leader
    this.#random = seededRandom(seed)
  }

  /** Kills the engine's process so often; each time a warm standby takes its place. */
  static async ofEngines(databaseUrl: string, kills: number, seed: number): Promise<DrillReport> {
    return KillDrill.#run(databaseUrl, kills, seed, async (drill) => {
      const standby = new EngineChild(databaseUrl, 'standby')
      await standby.said('WARM')
      return async () => {
        drill.#leader.kill()
        await standby.said('LEADS')
        drill.#leader = standby
      }
    })
  }

  /** @param killServer ends PostgreSQL with SIGKILL and brings it up again; the engine's process lives on. */
  static async ofServer(
    databaseUrl: string,
    kills: number,
    seed: number,
    killServer: () => Promise<void>,
  ): Promise<DrillReport> {
    return KillDrill.#run(databaseUrl, kills, seed, async () => killServer)
  }

  /** @param prepare makes ready what follows the kill. @returns the strike itself. */
  static async #run(
    databaseUrl: string,
    kills: number,
    seed: number,
    prepare: (drill: KillDrill) => Promise<() => Promise<void>>,
  ): Promise<DrillReport> {
    const leader = new EngineChild(databaseUrl, 'lead')
    await leader.said('LEADS')
    await leader.ask('OPEN')
    const drill = new KillDrill(databaseUrl, leader, seed)
    const clients = Array.from({ length: CLIENTS }, () => drill.#trade())
    try {
      for (let kill = 0; kill < kills; kill++) {
        const strike = await prepare(drill)
        await sleep(drill.#random.next() * LONGEST_ROUND_MS)
        drill.#struckAt = performance.now()
        await strike()
        while (drill.#struckAt !== null) await sleep(RETRY_MS)
      }
      drill.#done = true
      await Promise.all(clients)
      return await drill.#report()
    } finally {
      drill.#done = true
      drill.#leader.kill()
      await drill.#leader.exited
    }
  }

  /** One client: an order after the other, each sent until it is acknowledged. */
  async #trade(): Promise<void> {
    while (!this.#done) {
      const n = this.#next++
      for (;;) {
        const asked = performance.now()
        const answer = await this.#leader.order(n)
        if (answer && 'orderId' in answer) this.#acknowledged.set(nthOrder(n).clientOrderId, answer.orderId)
        if (answer && !('refused' in answer && AWAY.test(answer.refused))) {
          this.#answered(asked)
          break
        }
        if (this.#done) return
        await sleep(RETRY_MS)
      }
    }
  }

  #answered(askedAt: number): void {
    if (this.#struckAt === null || askedAt < this.#struckAt) return
    this.#outagesMs.push(performance.now() - this.#struckAt)
    this.#struckAt = null
  }

  async #report(): Promise<DrillReport> {
    const hash = await this.#leader.ask('HASH')
    const audit = await auditJournal(this.#databaseUrl)
    return {
      acknowledged: this.#acknowledged.size,
      lost: [...this.#acknowledged].flatMap(([key, orderId]) => (audit.accepted.get(key) === orderId ? [] : [key])),
      twice: audit.twice,
      unbalanced: audit.unbalanced,
      equalHash: audit.hash === hash,
      outagesMs: this.#outagesMs.map(Math.round),
    }
  }
}
