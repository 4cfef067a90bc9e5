import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { ask } from './graph.ts'

const POLL_MS = 250
const TICKERS = /* GraphQL */ `
  query FirstPrice { markets { symbol status ticker { bestBid bestAsk } } }
`
const tickersAnswer = z.object({
  markets: z
    .array(
      z.object({
        symbol: z.string(),
        status: z.string(),
        ticker: z.object({ bestBid: z.string().nullable(), bestAsk: z.string().nullable() }).nullable(),
      }),
    )
    .nullable(),
})

/** @returns the first market that trades with a price on either side, for people; null where `signal` ends the wait. */
export async function firstLivePrice(graphqlUrl: string, signal: AbortSignal): Promise<string | null> {
  while (!signal.aborted) {
    const markets = await ask(graphqlUrl, tickersAnswer, { query: TICKERS }).then(
      (answer) => answer.markets ?? [],
      () => [],
    )
    for (const { symbol, status, ticker } of markets) {
      if (status === 'TRADING' && ticker?.bestBid && ticker.bestAsk)
        return `${symbol} ${ticker.bestBid} / ${ticker.bestAsk}`
    }
    await sleep(POLL_MS, undefined, { ref: false })
  }
  return null
}
