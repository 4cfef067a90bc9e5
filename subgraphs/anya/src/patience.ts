import { setTimeout as delay } from 'node:timers/promises'

/** Waits for work that may hang, and goes on without it after so many milliseconds. Rejects where the work does. */
export async function waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController()
  const impatient = delay(milliseconds, undefined, { signal: patience.signal }).catch(() => {})
  try {
    await Promise.race([work, impatient])
  } finally {
    patience.abort()
  }
}
