import { Counter, type Registry } from 'prom-client'
import type { StopReason } from './store.ts'
import type { Decision } from './strategy.ts'

export interface StrategyMetrics {
  decided(decision: Decision): void
  stopped(because: StopReason): void
}

export function strategyMetrics(registry: Registry): StrategyMetrics {
  const registers = [registry]
  const decisions = new Counter({
    name: 'dash33_strategy_decisions_total',
    help: 'What strategies decided about forecasts',
    labelNames: ['decision'],
    registers,
  })
  const stops = new Counter({
    name: 'dash33_strategy_stops_total',
    help: 'Strategies that were switched off',
    labelNames: ['because'],
    registers,
  })
  return {
    decided: (decision) => decisions.inc({ decision: decision.kind === 'ORDER' ? decision.side : decision.because }),
    stopped: (because) => stops.inc({ because }),
  }
}
