import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { EngineBatch } from '../engine/events.ts'

export interface ProjectionMetrics {
  /** Engine commands taken and not yet stored. */
  lag(commands: number): void
  /** Measures one write. */
  timed<T>(write: () => Promise<T>): Promise<T>
  /** Counts what a batch brought. */
  count(batch: EngineBatch): void
}

export function projectionMetrics(registry: Registry): ProjectionMetrics {
  const registers = [registry]
  const lag = new Gauge({
    name: 'dash33_projection_lag_commands',
    help: 'Engine commands not yet projected',
    registers,
  })
  const writes = new Histogram({
    name: 'dash33_projection_write_seconds',
    help: 'Duration of one projection transaction',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  })
  const orders = new Counter({
    name: 'dash33_orders_total',
    help: 'Orders accepted',
    labelNames: ['symbol'],
    registers,
  })
  const trades = new Counter({
    name: 'dash33_trades_total',
    help: 'Trades executed',
    labelNames: ['symbol'],
    registers,
  })
  return {
    lag: (commands) => lag.set(commands),
    timed: async (write) => {
      const end = writes.startTimer()
      try {
        return await write()
      } finally {
        end()
      }
    },
    count: (batch) => {
      for (const event of batch.events) {
        if (event.type === 'ORDER_ACCEPTED') orders.inc({ symbol: event.symbol })
        else if (event.type === 'TRADE') trades.inc({ symbol: event.symbol })
      }
    },
  }
}
