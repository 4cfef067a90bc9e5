import type { Connection } from 'rabbitmq-client'

type QueueDeclaration = Exclude<Parameters<Connection['queueDeclare']>[0], string | undefined>

export const EVENT_EXCHANGE = 'opsource.events'
/** Events that wait for one consumer at most; beyond it the broker refuses them and they stay in the publisher's outbox. */
const MAX_QUEUE_EVENTS = 1_000_000
/** Deliveries of one event that end with the consumer's death, after which it is set aside: it may be what kills it. */
export const MAX_DELIVERIES = 20

export const queueOf = (consumer: string) => `opsource.${consumer}`
/** Where events end that a consumer died over again and again, or that are no events. Nothing empties it but an operator. */
export const deadQueueOf = (consumer: string) => `${queueOf(consumer)}.dead`

/** What a consumer's queue is. Declaring one twice with other arguments fails. */
export function queueOptions(consumer: string): QueueDeclaration {
  return {
    queue: queueOf(consumer),
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-delivery-limit': MAX_DELIVERIES,
      'x-max-length': MAX_QUEUE_EVENTS,
      'x-overflow': 'reject-publish',
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': deadQueueOf(consumer),
      'x-dead-letter-strategy': 'at-least-once',
    },
  }
}

const eventExchange = { exchange: EVENT_EXCHANGE, type: 'topic', durable: true }

/**
 * Everything that has to stand before an event is sent or taken. Publishers and consumers declare it whenever they connect: a broker
 * that died may have forgotten what was declared shortly before, and an event without a queue would be lost.
 */
export function topologyOf(consumers: Readonly<Record<string, readonly string[]>>) {
  const names = Object.keys(consumers)
  return {
    exchanges: [eventExchange],
    queues: names.flatMap((consumer) => [deadQueue(consumer), queueOptions(consumer)]),
    queueBindings: Object.entries(consumers).flatMap(([consumer, types]) =>
      types.map((routingKey) => ({ exchange: EVENT_EXCHANGE, queue: queueOf(consumer), routingKey })),
    ),
  }
}

function deadQueue(consumer: string): QueueDeclaration {
  return { queue: deadQueueOf(consumer), durable: true, arguments: { 'x-queue-type': 'quorum' } }
}

/** Opens the exchange and the consumers' queues now. */
export async function declareTopology(
  rabbit: Connection,
  consumers: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const { queues, queueBindings } = topologyOf(consumers)
  await rabbit.exchangeDeclare(eventExchange)
  for (const queue of queues) await rabbit.queueDeclare(queue)
  for (const binding of queueBindings) await rabbit.queueBind(binding)
}
