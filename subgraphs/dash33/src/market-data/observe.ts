import { Counter, type Registry } from 'prom-client'

export interface MarketDataMetrics {
  published(symbol: string): void
  dropped(symbol: string): void
}

export function marketDataMetrics(registry: Registry): MarketDataMetrics {
  const labelNames = ['symbol'] as const
  const registers = [registry]
  const published = new Counter({
    name: 'dash33_market_data_messages_total',
    help: 'Market-data messages published',
    labelNames,
    registers,
  })
  const dropped = new Counter({
    name: 'dash33_market_data_dropped_total',
    help: 'Market-data messages dropped because the cache did not keep up',
    labelNames,
    registers,
  })
  return { published: (symbol) => published.inc({ symbol }), dropped: (symbol) => dropped.inc({ symbol }) }
}
