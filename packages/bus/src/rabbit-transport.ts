import type { Logger } from 'pino'
import {
  type AsyncMessage,
  Connection,
  type Consumer,
  type ConsumerProps,
  ConsumerStatus,
  type Publisher,
} from 'rabbitmq-client'
import { Batcher } from './batch.ts'
import { type CloudEvent, cloudEventSchema } from './cloud-event.ts'
import { eventConsumers } from './contracts/index.ts'
import { deliver, MAX_BATCH_EVENTS } from './delivery.ts'
import { deadQueueOf, declareTopology, EVENT_EXCHANGE, queueOf, queueOptions, topologyOf } from './rabbit-topology.ts'
import type { BatchHandler, Subscription, Transport } from './transport.ts'

/** Unacknowledged deliveries at a time: one batch in hand and one on the way. */
const PREFETCH_EVENTS = 2 * MAX_BATCH_EVENTS
const RECONNECT_MIN_MS = 200
const RECONNECT_MAX_MS = 2_000
/** A publisher that waits longer for a channel asks again later; the outbox keeps the events. */
const ACQUIRE_TIMEOUT_MS = 5_000
const PING_TIMEOUT_MS = 2_000
/** A confirm that takes longer is taken for none: the events are published again. */
const CONFIRM_TIMEOUT_MS = 10_000
/** Time for deliveries in hand when the transport closes. */
const CLOSE_TIMEOUT_MS = 5_000

export interface RabbitOptions {
  readonly url: string
  readonly log: Logger
  /** Queues that are opened at once, so that their events wait for whoever subscribes later: all of ours unless given. */
  readonly consumers?: Readonly<Record<string, readonly string[]>>
}

/** Events over RabbitMQ: quorum queues, publisher confirms, connections that come back by themselves. */
export class RabbitTransport implements Transport {
  readonly #rabbit: Connection
  readonly #publisher: Publisher
  readonly #log: Logger
  readonly #consumers: Readonly<Record<string, readonly string[]>>
  readonly #subscriptions = new Set<Subscription>()

  private constructor(rabbit: Connection, options: RabbitOptions) {
    this.#rabbit = rabbit
    this.#log = options.log
    this.#consumers = options.consumers ?? eventConsumers
    this.#publisher = rabbit.createPublisher({ confirm: true, maxAttempts: 1, ...topologyOf(this.#consumers) })
  }

  /** Connects and opens the queues. Rejects where the broker is out of reach. */
  static async connect(options: RabbitOptions): Promise<RabbitTransport> {
    const rabbit = new Connection({
      url: options.url,
      retryLow: RECONNECT_MIN_MS,
      retryHigh: RECONNECT_MAX_MS,
      acquireTimeout: ACQUIRE_TIMEOUT_MS,
    })
    rabbit.on('error', (error) => options.log.warn({ err: error }, 'rabbitmq is out of reach'))
    rabbit.on('connection.blocked', (reason) => options.log.warn({ reason }, 'rabbitmq takes no events'))
    try {
      await rabbit.onConnect(ACQUIRE_TIMEOUT_MS)
      await declareTopology(rabbit, options.consumers ?? eventConsumers)
    } catch (error) {
      rabbit.unsafeDestroy()
      throw error
    }
    return new RabbitTransport(rabbit, options)
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    const sent = events.map((event) =>
      this.#publisher.send(
        { exchange: EVENT_EXCHANGE, routingKey: event.type, durable: true, messageId: event.id },
        event,
      ),
    )
    // Every answer is awaited, so that no rejection is left behind when the first one is thrown on.
    const answers = await inTime(Promise.allSettled(sent), CONFIRM_TIMEOUT_MS, 'rabbitmq does not confirm')
    const failed = answers.find((answer) => answer.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async subscribe(
    { consumer, types }: { consumer: string; types: readonly string[] },
    handle: BatchHandler,
  ): Promise<Subscription> {
    const declared = this.#consumers[consumer]
    if (declared !== undefined && !sameMembers(declared, types)) {
      throw new Error(`the queue of ${consumer} is for ${declared.join(', ')}`)
    }
    await declareTopology(this.#rabbit, { [consumer]: types })
    const ending = new AbortController()
    const batcher = new Batcher((events) =>
      deliver(events, handle, { consumer, log: this.#log, signal: ending.signal }),
    )
    const { exchanges, queueBindings } = topologyOf({ [consumer]: types })
    const props = {
      exchanges,
      queueBindings,
      queue: queueOf(consumer),
      queueOptions: queueOptions(consumer),
      qos: { prefetchCount: PREFETCH_EVENTS },
    }
    return this.#consume(props, ending, async (message) => {
      const event = cloudEventSchema.safeParse(message.body)
      if (event.success) return (await batcher.add(event.data)) ? ConsumerStatus.ACK : ConsumerStatus.REQUEUE
      this.#log.error(
        { consumer, messageId: message.messageId, deadQueue: deadQueueOf(consumer) },
        'a message is no event: set aside',
      )
      return ConsumerStatus.DROP
    })
  }

  async listen(types: readonly string[], handle: BatchHandler): Promise<Subscription> {
    const props: ConsumerProps = {
      queue: '',
      noAck: true,
      queueOptions: { exclusive: true, autoDelete: true },
      queueBindings: types.map((routingKey) => ({ exchange: EVENT_EXCHANGE, routingKey })),
    }
    return this.#consume(props, new AbortController(), async ({ body }) => {
      try {
        await handle([cloudEventSchema.parse(body)])
      } catch (error) {
        this.#log.error({ err: error }, 'a listener failed')
      }
      return ConsumerStatus.ACK
    })
  }

  async ping(): Promise<void> {
    if (!this.#rabbit.ready) throw new Error('rabbitmq is out of reach')
    const asked = this.#rabbit.exchangeDeclare({ exchange: EVENT_EXCHANGE, type: 'topic', passive: true })
    await inTime(asked, PING_TIMEOUT_MS, 'rabbitmq does not answer')
  }

  /** How many events were set aside for a consumer. */
  async deadCount(consumer: string): Promise<number> {
    return (await this.#rabbit.queueDeclare({ queue: deadQueueOf(consumer), passive: true })).messageCount
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()))
    await withinLimit(this.#publisher.close(), this.#log)
    await withinLimit(this.#rabbit.close(), this.#log)
    this.#rabbit.unsafeDestroy()
  }

  async #consume(
    props: ConsumerProps,
    ending: AbortController,
    handle: (message: AsyncMessage) => Promise<ConsumerStatus>,
  ): Promise<Subscription> {
    const consumer = this.#rabbit.createConsumer(props, handle)
    consumer.on('error', (error) => this.#log.warn({ err: error, queue: props.queue }, 'a consumer was interrupted'))
    await ready(consumer)
    const subscription: Subscription = {
      close: async () => {
        this.#subscriptions.delete(subscription)
        ending.abort()
        await withinLimit(consumer.close(), this.#log)
      },
    }
    this.#subscriptions.add(subscription)
    return subscription
  }
}

function ready(consumer: Consumer): Promise<void> {
  return new Promise((resolve) => {
    consumer.once('ready', resolve)
  })
}

/** Closing must not hang on a broker that is gone: what is not acknowledged is delivered again. */
async function withinLimit(work: Promise<void>, log: Logger): Promise<void> {
  await inTime(work, CLOSE_TIMEOUT_MS, 'rabbitmq does not let go').catch((error: unknown) =>
    log.debug({ err: error }, 'closing'),
  )
}

async function inTime<T>(work: Promise<T>, limitMs: number, complaint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), limitMs)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member))
}
