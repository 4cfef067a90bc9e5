import type { Ports } from '@opsource/subgraph'
import { Counter } from 'prom-client'
import type { Failure, TrainingRun } from './training-run.ts'

/** What is counted of trainings, and what is worth a line in the log. */
export class TrainingObserver {
  readonly #log: Ports['log']
  readonly #ended: Counter
  readonly #deaths: Counter

  constructor({ metrics, log }: Pick<Ports, 'metrics' | 'log'>) {
    this.#log = log
    const counter = (name: string, help: string, labelNames: string[]) =>
      new Counter({ name: `opsource_anya_${name}_total`, help, labelNames, registers: [metrics] })
    this.#ended = counter('trainings', 'Trainings that ended.', ['recipe', 'outcome'])
    this.#deaths = counter('training_deaths', 'Deaths of processes that trained.', ['recipe'])
  }

  started({ id, recipe, attempts }: TrainingRun, pid: number): void {
    this.#log.info({ id, recipe, attempts, pid }, 'a training begins')
  }

  ended({ id, recipe }: TrainingRun, outcome: 'SUCCEEDED' | 'CANCELLED'): void {
    this.#ended.inc({ recipe, outcome })
    this.#log.info({ id, recipe, outcome }, 'a training ended')
  }

  failed({ id, recipe }: TrainingRun, { code, message }: Failure, lastWords: string): void {
    this.#ended.inc({ recipe, outcome: code })
    this.#log.warn({ id, recipe, code, reason: message, lastWords }, 'a training failed')
  }

  died({ id, recipe }: TrainingRun, reason: string): void {
    this.#deaths.inc({ recipe })
    this.#log.warn({ id, recipe, reason }, 'the process of a training died; it goes on in another')
  }

  faltered(error: unknown): void {
    this.#log.error({ err: error }, 'trainings cannot go on for the moment')
  }
}
