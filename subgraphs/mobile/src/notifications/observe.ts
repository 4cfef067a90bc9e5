import { Counter, type Registry } from 'prom-client'

/** How busy the pocket is. */
export class NotificationObserver {
  readonly #batches: Counter
  readonly #readers: Counter

  constructor(metrics: Registry) {
    this.#batches = counter(metrics, 'opsource_mobile_event_batches_total', 'Batches of events that were taken.')
    this.#readers = counter(
      metrics,
      'opsource_mobile_users_notified_total',
      'Users with something new, summed over the batches.',
    )
  }

  notified(users: number): void {
    this.#batches.inc()
    this.#readers.inc(users)
  }
}

function counter(metrics: Registry, name: string, help: string): Counter {
  const known = metrics.getSingleMetric(name)
  return known instanceof Counter ? known : new Counter({ name, help, registers: [metrics] })
}
