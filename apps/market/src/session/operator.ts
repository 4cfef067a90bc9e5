import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import {
  ASSIGN_RISK_PROFILE,
  assignRiskProfileAnswer,
  CREDIT_ACCOUNT,
  creditAccountAnswer,
  type GraphClient,
  GraphError,
  RISK_PROFILE,
  riskProfileAnswer,
  SET_MARKET_STATUS,
  setMarketStatusAnswer,
} from '../graph/index.ts'

/** Between two attempts while the engine does not answer. */
const ENGINE_PAUSE_MS = 200

/** Names what is being replayed into a market. */
export interface RecordingName {
  readonly dataSet: string
  readonly segment: string
  readonly repetition: number
}

type Outcome = { readonly __typename: string } | Refused
interface Refused {
  readonly __typename: string
  readonly code: string
  readonly message: string
}

/** Opens and closes markets, and credits accounts, with the operator's key. */
export class Operator {
  readonly #client: GraphClient

  constructor(client: GraphClient) {
    this.#client = client
  }

  /** @param recording null where the order flow is live. */
  async open(symbol: string, recording: RecordingName | null): Promise<void> {
    await this.#setStatus({ symbol, status: 'TRADING', recording })
  }

  async pause(symbol: string): Promise<void> {
    await this.#setStatus({ symbol, status: 'PAUSED', recording: null })
  }

  /** @param reference the same one credits once, however often it is sent. */
  async credit(userId: string, asset: string, amount: string, reference: string): Promise<void> {
    const input = { userId, asset, amount, reference }
    await this.#change(`credit of ${amount} ${asset}`, CREDIT_ACCOUNT, input, creditAccountAnswer)
  }

  /** Puts an account under a risk profile, where it is not: each change is kept on record. */
  async assignProfile(accountId: string, profile: string): Promise<void> {
    const { riskProfile } = await this.#client.ask(RISK_PROFILE, { accountId }, riskProfileAnswer)
    if (riskProfile?.name === profile) return
    const input = { accountId, profile, reason: 'quotes every level of the market' }
    await this.#change(`profile ${profile}`, ASSIGN_RISK_PROFILE, input, assignRiskProfileAnswer)
  }

  async #setStatus(input: { symbol: string; status: string; recording: RecordingName | null }): Promise<void> {
    await this.#change(`${input.symbol}: ${input.status}`, SET_MARKET_STATUS, input, setMarketStatusAnswer)
  }

  /** Asks again while the engine is away. @throws GraphError where the change is refused. */
  async #change(what: string, mutation: string, input: object, answer: z.ZodType<Readonly<Record<string, Outcome>>>) {
    while (true) {
      const outcome = Object.values(await this.#client.ask(mutation, { input }, answer))[0]
      if (outcome === undefined) throw new GraphError(`${what}: no answer`)
      if (!('code' in outcome)) return
      if (outcome.__typename !== 'EngineUnavailable') {
        throw new GraphError(`${what} refused: ${outcome.code}: ${outcome.message}`)
      }
      await sleep(ENGINE_PAUSE_MS)
    }
  }
}
