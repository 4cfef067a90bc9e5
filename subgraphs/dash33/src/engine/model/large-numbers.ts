import type { Command } from '../commands.ts'

// Primes, so that nothing comes out even; together just small enough for what the accounts have to stay below 2^53.
const PRICE = 991
const QUANTITY = 10_000_019

const FACTORS: Readonly<Record<string, number>> = {
  price: PRICE,
  stopPrice: PRICE,
  stopLimitPrice: PRICE,
  takeProfitPrice: PRICE,
  trailingAmount: PRICE,
  quantity: QUANTITY,
  displayQuantity: QUANTITY,
  maxQuantity: QUANTITY,
  maxOrderQuantity: QUANTITY,
  maxPosition: QUANTITY,
  minNotional: PRICE * QUANTITY,
  maxOrderNotional: PRICE * QUANTITY,
  maxExposure: PRICE * QUANTITY,
  minVolume: PRICE * QUANTITY,
}

/** The same command with prices and quantities so large that its amounts come near 2^53. */
export function enlarged(command: Command): Command {
  if (command.kind === 'CREDIT') {
    return { ...command, amount: command.amount * (command.asset === 'USDT' ? PRICE * QUANTITY : QUANTITY) }
  }
  return multiplied(command)
}

function multiplied<T>(value: T, key = ''): T {
  if (typeof value === 'number') return (value * (FACTORS[key] ?? 1)) as T
  if (Array.isArray(value)) return value.map((each) => multiplied(each)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, multiplied(each, name)])) as T
}
