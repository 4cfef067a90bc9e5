import type { Logger } from 'pino'
import type { CloudEvent } from './cloud-event.ts'
import { deliver, MAX_BATCH_EVENTS } from './delivery.ts'
import { readEvent } from './event.ts'
import type { BatchHandler, Subscription, Transport } from './transport.ts'

/** Events that wait for one consumer at most; beyond it `publish` rejects and the outbox keeps them. */
export const MAX_WAITING_EVENTS = 10_000

interface Waiting {
  readonly text: string
  readonly taken: () => void
  readonly lost: (reason: Error) => void
}

interface Queue {
  readonly types: ReadonlySet<string>
  readonly waiting: Waiting[]
  /** Wakes the subscriptions that have nothing to do. */
  readonly sleepers: Set<() => void>
}

interface Listener {
  readonly types: ReadonlySet<string>
  readonly handle: BatchHandler
}

/** The transport of a single process. Events are handed on as text: no object passes from domain to domain. */
export class MemoryTransport implements Transport {
  readonly #log: Logger
  readonly #queues = new Map<string, Queue>()
  readonly #listeners = new Set<Listener>()
  readonly #subscriptions = new Set<Subscription>()
  #closed = false

  /** @param ports.consumers queues that exist from the start, so that their events wait for whoever subscribes later. */
  constructor(ports: { log: Logger; consumers?: Readonly<Record<string, readonly string[]>> }) {
    this.#log = ports.log
    for (const [consumer, types] of Object.entries(ports.consumers ?? {})) this.#queue(consumer, types)
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    this.#demandOpen()
    const texts = events.map((event) => ({ type: event.type, text: JSON.stringify(event) }))
    const queues = [...this.#queues.values()]
    if (queues.some((queue) => queue.waiting.length + events.length > MAX_WAITING_EVENTS)) {
      throw new Error(`more than ${MAX_WAITING_EVENTS} events wait for a consumer`)
    }
    const taken: Promise<void>[] = []
    for (const queue of queues) {
      for (const { text } of texts.filter(({ type }) => queue.types.has(type))) {
        taken.push(
          new Promise((resolve, reject) => {
            queue.waiting.push({ text, taken: resolve, lost: reject })
          }),
        )
      }
      for (const wake of queue.sleepers) wake()
    }
    for (const listener of this.#listeners) {
      const heard = texts.filter(({ type }) => listener.types.has(type)).map(({ text }) => readEvent(text))
      if (heard.length > 0) taken.push(this.#tell(listener, heard))
    }
    await Promise.all(taken)
  }

  async subscribe(
    { consumer, types }: { consumer: string; types: readonly string[] },
    handle: BatchHandler,
  ): Promise<Subscription> {
    this.#demandOpen()
    const queue = this.#queue(consumer, types)
    const ending = new AbortController()
    const work = this.#pump(consumer, queue, handle, ending.signal)
    const subscription: Subscription = {
      close: async () => {
        ending.abort()
        for (const wake of queue.sleepers) wake()
        await work
        this.#subscriptions.delete(subscription)
      },
    }
    this.#subscriptions.add(subscription)
    return subscription
  }

  async listen(types: readonly string[], handle: BatchHandler): Promise<Subscription> {
    this.#demandOpen()
    const listener = { types: new Set(types), handle }
    this.#listeners.add(listener)
    return { close: async () => void this.#listeners.delete(listener) }
  }

  async ping(): Promise<void> {
    this.#demandOpen()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#listeners.clear()
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()))
    for (const { waiting } of this.#queues.values()) {
      for (const { lost } of waiting.splice(0)) lost(new Error('the transport closed before the event was taken'))
    }
  }

  async #pump(consumer: string, queue: Queue, handle: BatchHandler, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const batch = queue.waiting.splice(0, MAX_BATCH_EVENTS)
      if (batch.length === 0) {
        await new Promise<void>((resolve) => {
          const wake = () => {
            queue.sleepers.delete(wake)
            resolve()
          }
          queue.sleepers.add(wake)
        })
        continue
      }
      const events = batch.map(({ text }) => readEvent(text))
      const done = await deliver(events, handle, { consumer, log: this.#log, signal })
      if (done) for (const { taken } of batch) taken()
      else queue.waiting.unshift(...batch)
    }
    // Another subscription of the same consumer may go on with what is left.
    for (const wake of queue.sleepers) wake()
  }

  async #tell({ handle }: Listener, events: readonly CloudEvent[]): Promise<void> {
    try {
      await handle(events)
    } catch (error) {
      this.#log.error({ err: error, first: events[0]?.id }, 'a listener failed')
    }
  }

  #queue(consumer: string, types: readonly string[]): Queue {
    const known = this.#queues.get(consumer)
    if (known !== undefined) {
      const same = known.types.size === types.length && types.every((type) => known.types.has(type))
      if (!same) throw new Error(`the queue of ${consumer} is for ${[...known.types].join(', ')}`)
      return known
    }
    const queue: Queue = { types: new Set(types), waiting: [], sleepers: new Set() }
    this.#queues.set(consumer, queue)
    return queue
  }

  #demandOpen(): void {
    if (this.#closed) throw new Error('the transport is closed')
  }
}
