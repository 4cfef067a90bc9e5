import type { Ports } from '@opsource/subgraph'
import { Counter } from 'prom-client'

/** What is counted of the versions that serve, and what of it is worth a line in the log. */
export class ServingObserver {
  readonly #log: Ports['log']
  readonly #unloadable: Counter
  readonly #retreats: Counter
  readonly #standIns: Counter

  constructor({ metrics, log }: Pick<Ports, 'metrics' | 'log'>) {
    const registers = [metrics]
    this.#log = log
    this.#unloadable = new Counter({
      name: 'opsource_anya_model_load_failures_total',
      help: 'Times that a version that was to serve, or to run in the shadow, could not be loaded.',
      labelNames: ['model'],
      registers,
    })
    this.#retreats = new Counter({
      name: 'opsource_anya_model_retreats_total',
      help: 'Times that the platform itself went back to another version.',
      labelNames: ['model'],
      registers,
    })
    this.#standIns = new Counter({
      name: 'opsource_anya_model_stand_ins_total',
      help: 'Times that an instance served another version than the champion, which it could not run.',
      labelNames: ['model'],
      registers,
    })
  }

  stoodIn(model: string, version: number, by: number, reason: string): void {
    this.#standIns.inc({ model })
    this.#log.error({ model, version, by, reason }, 'another version stands in for the champion on this instance')
  }

  unloadable(model: string, version: number, reason: string): void {
    this.#unloadable.inc({ model })
    this.#log.error({ model, version, reason }, 'a version cannot be loaded')
  }

  restored(model: string, version: number): void {
    this.#log.error({ model, version }, 'a damaged file in the registry; the same file of the release serves')
  }

  retreated(model: string, from: number | null, to: number | null, reason: string): void {
    this.#retreats.inc({ model })
    this.#log.error({ model, from, to, reason }, 'the platform went back to another version')
  }

  faltered(error: unknown, what: string): void {
    this.#log.error({ err: error }, what)
  }
}
