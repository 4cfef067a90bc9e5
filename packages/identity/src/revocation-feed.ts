import { parseEvent, type Transport } from '@opsource/bus'
import type { Logger } from 'pino'
import type { TokenVerifier } from './token-verifier.ts'

/** Between attempts to read the keys and revocations for the first time. */
const FIRST_LOAD_INTERVAL_MS = 500
/** Announcements can be missed while the transport is away; what was missed is known within this time. */
const RELOAD_INTERVAL_MS = 15_000

/**
 * Keeps a verifier's revocations up to date: by announcement at once, and by reading the list from time to time.
 * @returns a function that ends it.
 */
export async function followRevocations(
  verifier: TokenVerifier,
  { transport, log }: { transport: Transport; log: Logger },
): Promise<() => Promise<void>> {
  const heard = await transport.listen(['session.revoked'], async (events) => {
    for (const event of events) verifier.revoke(parseEvent(event, ['session.revoked']).data)
  })
  let timer: NodeJS.Timeout | undefined
  let ended = false
  const load = async (): Promise<void> => {
    try {
      await verifier.load()
    } catch (error) {
      // Before the first time it is readiness that tells of it: services start in any order.
      const level = verifier.loaded ? 'warn' : 'debug'
      log[level]({ err: error }, 'the signing keys or the revocations cannot be read')
    }
    if (!ended) timer = setTimeout(load, verifier.loaded ? RELOAD_INTERVAL_MS : FIRST_LOAD_INTERVAL_MS)
  }
  timer = setTimeout(load, 0)
  return async () => {
    ended = true
    clearTimeout(timer)
    await heard.close()
  }
}
