import { Gauge, Histogram, type Registry } from 'prom-client'
import type { EngineClient } from '../engine/client.ts'

export type Submitting = Pick<EngineClient, 'submit'>

/** Measures how many commands wait for the engine, and how long its answers take. */
export function observeEngine(engine: Submitting, registry: Registry): Submitting {
  const registers = [registry]
  const waiting = new Gauge({
    name: 'dash33_engine_waiting_commands',
    help: 'Commands submitted and not answered',
    registers,
  })
  const answers = new Histogram({
    name: 'dash33_engine_answer_seconds',
    help: 'From submission to the answers, journaled',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1],
    registers,
  })
  return {
    submit: async (commands) => {
      waiting.inc(commands.length)
      const answered = answers.startTimer()
      const acks = await engine.submit(commands)
      answered()
      waiting.dec(commands.length)
      return acks
    },
  }
}
