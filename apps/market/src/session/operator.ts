import {
  CREDIT_ACCOUNT,
  creditAccountAnswer,
  type GraphClient,
  GraphError,
  SET_MARKET_STATUS,
  setMarketStatusAnswer,
} from '../graph/index.ts'

/** Names what is being replayed into a market. */
export interface RecordingName {
  readonly dataSet: string
  readonly segment: string
  readonly repetition: number
}

/** Opens and closes markets, and credits accounts, with the operator's key. */
export class Operator {
  readonly #client: GraphClient

  constructor(client: GraphClient) {
    this.#client = client
  }

  async open(symbol: string, recording: RecordingName): Promise<void> {
    await this.#setStatus({ symbol, status: 'TRADING', recording })
  }

  async pause(symbol: string): Promise<void> {
    await this.#setStatus({ symbol, status: 'PAUSED', recording: null })
  }

  /** @param reference the same one credits once, however often it is sent. */
  async credit(userId: string, asset: string, amount: string, reference: string): Promise<void> {
    const { creditAccount } = await this.#client.ask(
      CREDIT_ACCOUNT,
      { input: { userId, asset, amount, reference } },
      creditAccountAnswer,
    )
    if ('code' in creditAccount)
      throw new GraphError(`credit of ${amount} ${asset} refused: ${creditAccount.code}: ${creditAccount.message}`)
  }

  async #setStatus(input: { symbol: string; status: string; recording: RecordingName | null }): Promise<void> {
    const { setMarketStatus } = await this.#client.ask(SET_MARKET_STATUS, { input }, setMarketStatusAnswer)
    if ('code' in setMarketStatus)
      throw new GraphError(`${input.symbol}: ${setMarketStatus.code}: ${setMarketStatus.message}`)
  }
}
