import type { Ports } from '@opsource/subgraph'
import type { BarStore } from '../patterns/index.ts'
import { RiskCalculator } from './calculator.ts'
import { RiskDesk } from './desk.ts'
import { RiskObserver } from './observe.ts'
import { DEFAULT_PROXIES, parseProxies } from './proxies.ts'
import { Quotes } from './quotes.ts'
import { riskResolvers } from './resolvers.ts'
import type { PriceHistory } from './returns.ts'
import { FEWEST_FOR_GARCH } from './volatility.ts'

export interface RiskOptions {
  readonly symbols: readonly string[]
  /** Which reference market stands for which market; the defaults where it is left out. */
  readonly proxies?: ReadonlyMap<string, string>
  readonly bars: Pick<BarStore, 'newest'>
}

/** Answers questions about the risk of portfolios and orders; nothing is computed before the first. */
export function openRisk(ports: Ports, { symbols, proxies, bars }: RiskOptions) {
  const observer = new RiskObserver(ports)
  const calculator = new RiskCalculator(observer)
  const desk = new RiskDesk({
    ports,
    symbols,
    quotes: new Quotes(ports, observer),
    calculator,
    proxies: proxies ?? parseProxies(DEFAULT_PROXIES) ?? new Map(),
    ownHistory: (symbol) => ownHistory(symbol, bars),
  })
  return { resolvers: riskResolvers(desk), close: () => calculator.close() }
}

/** The days that anya itself has seen trade, once they are enough to tell anything. */
async function ownHistory(symbol: string, bars: Pick<BarStore, 'newest'>): Promise<PriceHistory | null> {
  const days = await bars.newest(symbol, 'D1')
  if (days.length <= FEWEST_FOR_GARCH) return null
  const column = (of: (bar: (typeof days)[number]) => number) => Float64Array.from(days, of)
  return {
    time: column(({ openTime }) => openTime),
    open: column(({ open }) => open),
    close: column(({ close }) => close),
    volume: column(({ volume }) => volume),
  }
}
