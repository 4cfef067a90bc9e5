import type { Logger } from 'pino'
import { pause, retryDelay } from './backoff.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { BatchHandler } from './transport.ts'

/** Events of one batch at most: one transaction's worth. */
export const MAX_BATCH_EVENTS = 256
/** Attempts after which a batch that is still refused is told of as an error, not a warning. */
const LOUD_ATTEMPTS = 10

/**
 * Hands a batch over until it is taken: in hand, so that its order holds and nothing is lost, with growing pauses.
 * @returns false where the signal ended the attempts before the batch was taken.
 */
export async function deliver(
  events: readonly CloudEvent[],
  handle: BatchHandler,
  { consumer, log, signal }: { consumer: string; log: Logger; signal: AbortSignal },
): Promise<boolean> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await handle(events)
      return true
    } catch (error) {
      const line = { err: error, consumer, events: events.length, first: events[0]?.id, attempt }
      if (attempt % LOUD_ATTEMPTS === 0) log.error(line, 'a batch of events is refused again and again')
      else log.warn(line, 'a batch of events was refused')
      await pause(retryDelay(attempt), signal)
    }
  }
  return false
}
