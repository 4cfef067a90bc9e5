import { setTimeout as sleep } from 'node:timers/promises'
import { formatDecimal, parseDecimal } from '@opsource/kernel'
import { BALANCES, balancesAnswer, GraphError, ME, meAnswer } from '../graph/index.ts'
import type { Operator } from './operator.ts'
import type { Trader } from './trader.ts'

/** What each of the two accounts starts with: many times what 20 levels of the shipped recording hold, and few enough for safe integers. */
const STAKES: Readonly<Record<string, bigint>> = { USDT: 100_000_000n, BTC: 5_000n, ETH: 50_000n }
const OTHER_STAKE = 1_000_000n
/** The account is opened by an event, soon after its user. */
const ACCOUNT_PATIENCE_MS = 30_000
const ACCOUNT_PAUSE_MS = 250

/** An amount of an asset in its smallest units. */
export interface Holding {
  readonly code: string
  readonly scale: number
  readonly total: bigint
  readonly available: bigint
}

/** The stake of an asset, in its smallest units. */
export const stakeOf = (code: string, scale: number): bigint => (STAKES[code] ?? OTHER_STAKE) * 10n ** BigInt(scale)

/** @returns what an account holds, in smallest units. @throws GraphError where there is no account in time. */
export async function holdingsOf(trader: Trader): Promise<ReadonlyMap<string, Holding>> {
  const { balances } = await accountOf(trader)
  return new Map(
    balances.map(({ asset, total, available }) => [
      asset.code,
      { ...asset, total: unitsOf(total, asset.scale), available: unitsOf(available, asset.scale) },
    ]),
  )
}

/** @returns the trader's account, once it is open. @throws GraphError where it is not in time. */
export async function accountOf(trader: Trader) {
  for (let waited = 0; ; waited += ACCOUNT_PAUSE_MS) {
    const { portfolio } = await trader.client.ask(BALANCES, {}, balancesAnswer)
    if (portfolio !== null) return portfolio
    if (waited >= ACCOUNT_PATIENCE_MS) throw new GraphError('the exchange has no account for this API key')
    await sleep(ACCOUNT_PAUSE_MS)
  }
}

/**
 * Credits an account up to its stake in every asset of which less than half a stake is left.
 * @param reference makes the credits' references: the same one credits once.
 * @returns what was credited, for people.
 */
export async function topUp(
  trader: Trader,
  operator: Operator,
  assets: readonly { readonly code: string; readonly scale: number }[],
  reference: string,
): Promise<string[]> {
  const holdings = await holdingsOf(trader)
  const { me } = await trader.client.ask(ME, {}, meAnswer)
  const credited: string[] = []
  for (const { code, scale } of assets) {
    const stake = stakeOf(code, scale)
    const total = holdings.get(code)?.total ?? 0n
    if (total * 2n >= stake) continue
    const amount = formatDecimal(stake - total, scale)
    await operator.credit(me.id, code, amount, `${reference}.${code}`)
    credited.push(`${amount} ${code}`)
  }
  return credited
}

function unitsOf(text: string, scale: number): bigint {
  const units = parseDecimal(text, scale)
  if (!units.ok) throw new GraphError(`a balance is not an amount: ${text}`)
  return units.value
}
