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

/** Opens the exchange and a consumer's queues. */
export async function declareQueue(rabbit: Connection, consumer: string, types: readonly string[]): Promise<void> {
  await rabbit.exchangeDeclare({ exchange: EVENT_EXCHANGE, type: 'topic', durable: true })
  await rabbit.queueDeclare({ queue: deadQueueOf(consumer), durable: true, arguments: { 'x-queue-type': 'quorum' } })
  await rabbit.queueDeclare(queueOptions(consumer))
  for (const type of types) {
    await rabbit.queueBind({ exchange: EVENT_EXCHANGE, queue: queueOf(consumer), routingKey: type })
  }
}
