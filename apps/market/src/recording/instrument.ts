import { formatDecimal, parseDecimal } from '@opsource/kernel'

/** A price in whole ticks of its market. */
export type Ticks = number & { readonly __brand: 'Ticks' }
/** A quantity in whole lots of its market. */
export type Lots = number & { readonly __brand: 'Lots' }

/** Thrown where a number of a recording or an answer does not fit the market it is said to belong to. */
export class OffGridError extends Error {}

interface Grid {
  readonly units: bigint
  readonly scale: number
}

/** A market's grid of prices and quantities: turns decimal texts into safe integers and back, exactly. */
export class Instrument {
  readonly symbol: string
  readonly baseAsset: string
  readonly quoteAsset: string
  readonly #tick: Grid
  readonly #lot: Grid

  /** @param tickSize, lotSize plain decimals, such as `0.01`. @throws OffGridError where one is not a decimal above zero. */
  constructor(symbol: string, baseAsset: string, quoteAsset: string, tickSize: string, lotSize: string) {
    this.symbol = symbol
    this.baseAsset = baseAsset
    this.quoteAsset = quoteAsset
    this.#tick = gridOf(tickSize)
    this.#lot = gridOf(lotSize)
  }

  /** The name of the market in a recording: `BTC-USDT` is `BTCUSDT` there. */
  get recordedSymbol(): string {
    return this.symbol.replace('-', '')
  }

  ticks(price: string): Ticks {
    return steps(price, this.#tick) as Ticks
  }

  lots(quantity: string): Lots {
    return steps(quantity, this.#lot) as Lots
  }

  /** As `lots`, rounded down: a few recorded levels far from the market hold orders older, and finer, than today's lot. */
  lotsWithin(quantity: string): Lots {
    const [whole = '', fraction = ''] = quantity.split('.')
    return this.lots(`${whole}.${fraction.slice(0, this.#lot.scale).padEnd(1, '0')}`)
  }

  /** The tick at or below (-1), or at or above (1) a price that may be finer than this market's grid. */
  ticksBeside(price: string, towards: -1 | 1): Ticks {
    const [whole = '', fraction = ''] = price.split('.')
    const { scale, units } = this.#tick
    const kept = parseDecimal(`${whole}.${fraction.slice(0, scale).padEnd(1, '0')}`, scale)
    if (!kept.ok) throw new OffGridError(`${price} is not a price: ${kept.error}`)
    const below = kept.value / units
    const isExact = kept.value % units === 0n && !/[1-9]/.test(fraction.slice(scale))
    return Number(isExact || towards === -1 ? below : below + 1n) as Ticks
  }

  price(ticks: Ticks): string {
    return formatDecimal(BigInt(ticks) * this.#tick.units, this.#tick.scale)
  }

  quantity(lots: Lots): string {
    return formatDecimal(BigInt(lots) * this.#lot.units, this.#lot.scale)
  }

  /** Whole lots in an amount of the base asset, rounded towards zero: balances are finer than lots, because of fees. */
  wholeLots(minorUnits: bigint, assetScale: number): Lots {
    const perLot = this.#lot.units * 10n ** BigInt(assetScale - this.#lot.scale)
    return Number(minorUnits / perLot) as Lots
  }
}

function gridOf(step: string): Grid {
  const scale = step.split('.')[1]?.length ?? 0
  const units = parseDecimal(step, scale)
  if (!units.ok || units.value <= 0n) throw new OffGridError(`not a step size: ${step}`)
  return { units: units.value, scale }
}

function steps(text: string, grid: Grid): number {
  const units = parseDecimal(text, grid.scale)
  if (!units.ok) throw new OffGridError(`${text} is not on the grid: ${units.error}`)
  const count = Number(units.value / grid.units)
  if (units.value % grid.units !== 0n || !Number.isSafeInteger(count))
    throw new OffGridError(`${text} is not on the grid`)
  return count
}
